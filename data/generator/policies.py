"""The shop's rules as documents: each has a version in force and the one that it replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from typing import Final

__all__ = ["DEPARTMENTS", "FAMILIES", "Document", "documents", "window"]

DEPARTMENTS: Final = ("kitchen", "electronics", "sports", "home", "family", "care", "fashion")

# family → (id prefix, title, text, values to draw from; each family's rule is one {value})
FAMILIES: Final[dict[str, tuple[str, str, str, tuple[str, ...]]]] = {
    "returns": ("RET", "Returns, {dept}", "{dept} items can be returned within {value} of delivery. Opened packaging is accepted.", ("14 days", "21 days", "30 days", "45 days", "60 days")),
    "return_cost": ("RTC", "Return shipping, {dept}", "For {dept} the label for a return costs {value}.", ("nothing", "$3.95", "$4.95", "$6.50", "$9.00")),
    "refund_timing": ("RFT", "When refunds arrive, {dept}", "Once a {dept} return is scanned, the money is back on the original payment method in {value}.", ("2-3 business days", "3-5 business days", "5-7 business days", "7-10 business days", "up to 14 days")),
    "warranty": ("WAR", "Warranty, {dept}", "{dept} products carry a warranty of {value} against defects, not wear.", ("6 months", "12 months", "18 months", "24 months", "36 months")),
    "shipping_time": ("SHT", "Delivery times, {dept}", "Standard delivery of {dept} orders takes {value} from dispatch, within the country.", ("1-2 business days", "2-4 business days", "3-6 business days", "5-8 business days", "up to 12 days")),
    "shipping_cost": ("SHC", "Delivery fees, {dept}", "Delivery of {dept} orders is {value} below the free-shipping threshold.", ("$2.99", "$4.99", "$5.95", "$7.50", "$12.00")),
    "price_match": ("PRM", "Price adjustments, {dept}", "If the price of a {dept} item drops within {value} of purchase, the difference is credited once.", ("7 days", "10 days", "14 days", "21 days", "30 days")),
    "gift_cards": ("GFT", "Gift cards", "Gift cards are valid for {value} from the date of issue and cannot be paid out in cash.", ("12 months", "18 months", "24 months", "36 months", "5 years")),
    "subscriptions": ("SUB", "Subscriptions", "A subscription can be ended or paused up to {value} before the next dispatch, free of charge.", ("24 hours", "48 hours", "3 days", "5 days", "7 days")),
    "address": ("ADR", "Changing an order", "The address can be changed until the parcel leaves us, normally {value} after the order. Shipped parcels cannot be redirected.", ("2 hours", "6 hours", "12 hours", "24 hours", "36 hours")),
    "cancellation": ("CAN", "Cancelling an order", "An order can be cancelled while it is being processed, normally for {value}. Shipped orders have to be returned instead.", ("1 hour", "4 hours", "12 hours", "24 hours", "48 hours")),
    "account": ("ACC", "Account changes", "A new email takes effect only after the customer confirms a code sent to the old address; the code is valid for {value}.", ("10 minutes", "15 minutes", "30 minutes", "1 hour", "24 hours")),
    "recycling": ("REC", "Taking back old appliances, {dept}", "When a {dept} product is delivered, the old one is taken back for {value} if it is announced at checkout.", ("nothing", "$5.00", "$8.00", "$15.00", "$20.00")),
    "invoices": ("INV", "Invoices", "Invoices can be issued or corrected, also to a company name, for {value} after the purchase.", ("30 days", "60 days", "90 days", "6 months", "12 months")),
}  # fmt: skip

_ALL: Final = {"gift_cards", "subscriptions", "address", "cancellation", "account", "invoices"}


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one rule."""

    document_id: str
    family: str
    title: str
    text: str
    value: str
    effective: date
    until: date | None

    def content(self, *, says_until: bool = False) -> str:
        """The document's text as a search returns it, with the end of its validity where it is stated."""
        ends = f" Valid until {self.until.isoformat()}." if self.until and says_until else ""
        return f"{self.title}. Effective {self.effective.isoformat()}.{ends} {self.text}"


@cache
def documents(family: str, department: str) -> tuple[Document, Document]:
    """The rule in force and the one that it replaced, for a department where the rule knows departments.

    The rules are part of the world and the same for every seed.
    """
    prefix, title, text, values = FAMILIES[family]
    general = family in _ALL
    rng = Random(f"{family}/{'' if general else department}")
    now, before = rng.sample(values, 2)
    if family == "returns" and now == "14 days":
        now, before = "30 days", "45 days"
    new_from = date(2025, rng.randrange(2, 8), 1)
    old_from = date(2024, rng.randrange(1, 12), 1)
    code = prefix if general else f"{prefix}-{department[:3].upper()}"
    shown = "" if general else department

    def version(value: str, since: date, until: date | None) -> Document:
        body = text.format(dept=shown.capitalize() if text.startswith("{dept}") else shown, value=value)
        return Document(f"{code}-{since:%y%m}", family, title.format(dept=shown), body, value, since, until)

    return version(now, new_from, None), version(before, old_from, new_from)


def window(family: str, department: str) -> int:
    """The number of days in the rule in force; only for rules that are written in days."""
    return int(documents(family, department)[0].value.split()[0])
