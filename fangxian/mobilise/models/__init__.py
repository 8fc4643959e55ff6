from fangxian.mobilise.models.post import Pattern, Post
from fangxian.mobilise.models.shift import Shift, Turn
from fangxian.mobilise.models.swap import Swap
from fangxian.mobilise.models.volunteer import Skill, Volunteer

__all__ = ["Pattern", "Post", "Shift", "Skill", "Swap", "Turn", "Volunteer"]
