from fangxian.accounts.models.access import AccessLog, SecurityAlert
from fangxian.accounts.models.devices import Device, DeviceCode, DeviceHolder
from fangxian.accounts.models.grant import Grant, Role
from fangxian.accounts.models.shared import SharedCache
from fangxian.accounts.models.user import User

__all__ = [
    "AccessLog",
    "Device",
    "DeviceCode",
    "DeviceHolder",
    "Grant",
    "Role",
    "SecurityAlert",
    "SharedCache",
    "User",
]
