"""The ways out of the house: SMS, webhook, WeCom and DingTalk bots."""

from fangxian.core.channels.base import Channel, ChannelError, Letter
from fangxian.core.channels.bots import DingTalk, WeCom
from fangxian.core.channels.sms import Sms
from fangxian.core.channels.webhook import Webhook

CHANNELS: dict[str, Channel] = {
    channel.name: channel for channel in (Sms(), Webhook(), WeCom(), DingTalk())
}

__all__ = ["CHANNELS", "Channel", "ChannelError", "Letter"]
