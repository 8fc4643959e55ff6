from fangxian.regions.models.building import Building, BuildingKind, BuildingUnit
from fangxian.regions.models.plan import GridPlan
from fangxian.regions.models.region import Region
from fangxian.regions.models.versions import RegionChange, RegionCode, RegionList

__all__ = [
    "Building",
    "BuildingKind",
    "BuildingUnit",
    "GridPlan",
    "Region",
    "RegionChange",
    "RegionCode",
    "RegionList",
]
