from fangxian.mobilise.actions.attending import (
    check_in,
    check_out,
    record_arrival,
    record_departure,
)
from fangxian.mobilise.actions.posts import NewPattern, change_post, open_post
from fangxian.mobilise.actions.shifts import cancel_shift, change_heads, close_post, lay_out
from fangxian.mobilise.actions.signing import (
    put_on,
    renew_links,
    replace,
    sign_up,
    take_off,
    withdraw,
)
from fangxian.mobilise.actions.swapping import (
    agree_to_swap,
    ask_swap,
    decline_swap,
    withdraw_swap,
)
from fangxian.mobilise.actions.volunteers import (
    NewSkill,
    change_volunteer,
    discharge,
    enlist,
    enlist_new,
)
from fangxian.mobilise.line import Override

__all__ = [
    "NewPattern",
    "NewSkill",
    "Override",
    "agree_to_swap",
    "ask_swap",
    "cancel_shift",
    "change_heads",
    "change_post",
    "change_volunteer",
    "check_in",
    "check_out",
    "close_post",
    "decline_swap",
    "discharge",
    "enlist",
    "enlist_new",
    "lay_out",
    "open_post",
    "put_on",
    "record_arrival",
    "record_departure",
    "renew_links",
    "replace",
    "sign_up",
    "take_off",
    "withdraw",
    "withdraw_swap",
]
