from fangxian.surveillance.models.card import ReportCard

__all__ = ["ReportCard"]
