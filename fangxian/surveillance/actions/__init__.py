from fangxian.surveillance.actions.cards import (
    NewCard,
    report_case,
    revise_card,
    verify_card,
    withdraw_card,
)

__all__ = ["NewCard", "report_case", "revise_card", "verify_card", "withdraw_card"]
