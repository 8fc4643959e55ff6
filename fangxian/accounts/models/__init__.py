from fangxian.accounts.models.access import AccessLog
from fangxian.accounts.models.grant import Grant, Role
from fangxian.accounts.models.user import User

__all__ = ["AccessLog", "Grant", "Role", "User"]
