"""What ``fangxian demo`` prints about the accounts of the demonstration."""

from __future__ import annotations

from fangxian.config.demo.recipe import recipe


def describe() -> str:
    """One line an account: user name, password, what it is."""
    data = recipe()
    lines = [
        f"  {row['username']:<12} {data['password']}   {row['name']} ({row['role']})"
        for row in data["accounts"]
    ]
    return "\n".join(["Accounts of the demonstration (user name, password):", *lines])
