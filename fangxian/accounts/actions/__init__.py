from fangxian.accounts.actions._checks import because, checked_reason
from fangxian.accounts.actions.alerts import settle_alert
from fangxian.accounts.actions.devices import (
    Enrolled,
    NewCode,
    disable_device,
    enable_device,
    enrol_device,
    make_device_code,
)
from fangxian.accounts.actions.grants import (
    end_lent,
    grant_role,
    grantable_roles,
    lend_role,
    revoke_grant,
)
from fangxian.accounts.actions.lookups import LookupQuota, count_lookup, kept_lookups
from fangxian.accounts.actions.reveals import RevealQuota, log_reveal, purposes, reveals_left
from fangxian.accounts.actions.users import (
    NewPassword,
    create_user,
    disable_user,
    enable_user,
    end_sessions,
    link_person,
    name_holder,
    reset_password,
    reset_second_factor,
    unlock_user,
    use_elders_edition,
)

__all__ = [
    "Enrolled",
    "LookupQuota",
    "NewCode",
    "NewPassword",
    "RevealQuota",
    "because",
    "checked_reason",
    "count_lookup",
    "create_user",
    "disable_device",
    "disable_user",
    "enable_device",
    "enable_user",
    "end_lent",
    "end_sessions",
    "enrol_device",
    "grant_role",
    "grantable_roles",
    "kept_lookups",
    "lend_role",
    "link_person",
    "log_reveal",
    "make_device_code",
    "name_holder",
    "purposes",
    "reset_password",
    "reset_second_factor",
    "reveals_left",
    "revoke_grant",
    "settle_alert",
    "unlock_user",
    "use_elders_edition",
]
