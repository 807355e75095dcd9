"""The function's event."""

import json


def order(order_id: str, **switches: int) -> str:
    """One order as JSON; the switches are `failTimes` and `hangTimes`."""
    return json.dumps({"orderId": order_id, "amountCents": 4200, "currency": "EUR", "customer": "c-17"} | switches)
