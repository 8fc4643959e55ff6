from fangxian.regions.models.region import Region

__all__ = ["Region"]
