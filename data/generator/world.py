"""The shop: what it sells, who buys, and what has been ordered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from .words import pick

__all__ = ["CATEGORIES", "Customer", "GiftCard", "Order", "Product", "Subscription", "make_customer", "make_order"]

# category → (department, lowest and highest price, products)
CATEGORIES: Final[dict[str, tuple[str, int, int, tuple[str, ...]]]] = {
    "coffee": ("kitchen", 15, 420, ("burr grinder", "espresso machine", "pour-over kettle", "milk frother", "moka pot", "french press")),
    "cookware": ("kitchen", 18, 260, ("cast iron skillet", "saucepan set", "chef's knife", "dutch oven", "wok", "baking tray")),
    "audio": ("electronics", 25, 390, ("wireless headphones", "soundbar", "bookshelf speakers", "turntable", "earbuds", "microphone")),
    "computing": ("electronics", 20, 900, ("mechanical keyboard", "27-inch monitor", "docking station", "external SSD", "webcam", "laptop stand")),
    "phones": ("electronics", 9, 700, ("phone case", "fast charger", "smartwatch", "screen protector", "power bank", "e-reader")),
    "running": ("sports", 14, 190, ("trail shoes", "running vest", "GPS watch", "rain shell", "compression socks", "headlamp")),
    "cycling": ("sports", 12, 640, ("bike helmet", "pannier bag", "floor pump", "indoor trainer", "gravel tyres", "bike light set")),
    "camping": ("sports", 16, 480, ("two-person tent", "sleeping bag", "camp stove", "hiking backpack", "water filter", "folding chair")),
    "furniture": ("home", 60, 850, ("standing desk", "bookcase", "office chair", "bedside table", "bar stools", "shoe rack")),
    "bedding": ("home", 25, 780, ("mattress topper", "linen duvet cover", "wool blanket", "memory foam pillow", "weighted blanket", "mattress")),
    "garden": ("home", 12, 520, ("cordless mower", "raised bed kit", "hose reel", "pruning shears", "patio heater", "compost bin")),
    "toys": ("family", 10, 150, ("wooden train set", "building blocks", "balance bike", "board game", "science kit", "dollhouse")),
    "baby": ("family", 14, 620, ("stroller", "car seat", "baby monitor", "high chair", "baby carrier", "bottle warmer")),
    "beauty": ("care", 8, 160, ("hair dryer", "electric toothbrush", "face serum", "beard trimmer", "sunscreen pack", "nail kit")),
    "pets": ("care", 9, 210, ("dog bed", "cat tree", "pet fountain", "dog harness", "aquarium filter", "litter box")),
    "clothing": ("fashion", 15, 240, ("merino sweater", "rain jacket", "selvedge jeans", "leather boots", "linen shirt", "wool socks")),
}  # fmt: skip

_FIRST = ("Maya", "Jonas", "Priya", "Luca", "Aisha", "Tom", "Elena", "Kenji", "Sofia", "Omar", "Grace", "Pavel", "Nia",
          "Hugo", "Leila", "Marcus", "Ines", "Dmitri", "Chloe", "Rahul", "Wanda", "Theo", "Yuki", "Carmen")  # fmt: skip
_LAST = ("Okafor", "Lindqvist", "Sharma", "Rossi", "Haddad", "Becker", "Petrov", "Tanaka", "Alvarez", "Nguyen", "Murphy",
         "Kowalski", "Dubois", "Novak", "Silva", "Jensen", "Castillo", "Ibrahim", "Larsen", "Moreau")  # fmt: skip
_STREET = ("Maple Ave", "Harbour St", "Linden Rd", "Mill Lane", "Orchard Way", "Station Rd", "Kings Ct", "River Walk",
           "Cedar Blvd", "Hill St", "Park Row", "Elm Dr")  # fmt: skip
_CITY = (
    "Portland",
    "Bristol",
    "Austin",
    "Leeds",
    "Denver",
    "Cork",
    "Madison",
    "Ghent",
    "Tacoma",
    "Albany",
    "York",
    "Boise",
)
_COLOUR = ("black", "white", "navy", "green", "grey", "red", "", "", "", "")
_CARRIER = ("UPS", "DHL", "FedEx", "ParcelNow")


@dataclass(frozen=True, slots=True)
class Product:
    """Something on sale."""

    name: str
    category: str
    department: str
    sku: str
    price: float


@dataclass(slots=True)
class Order:
    """One order of one to three products."""

    order_id: str
    products: list[Product]
    placed: date
    status: str
    delivered: date | None
    eta: date
    tracking: str
    carrier: str
    address: str
    discount: float = 0.0

    @property
    def item(self) -> Product:
        """The product that the customer writes about."""
        return self.products[0]

    @property
    def total(self) -> float:
        """The sum paid, in US dollars."""
        return round(sum(product.price for product in self.products) - self.discount, 2)

    def record(self) -> dict[str, object]:
        """The order as the order service returns it."""
        found: dict[str, object] = {
            "order_id": self.order_id,
            "status": self.status,
            "placed": self.placed.isoformat(),
            "items": [{"sku": one.sku, "name": one.name, "price": one.price} for one in self.products],
            "ship_to": self.address,
        }
        if self.delivered is not None:
            found["delivered"] = self.delivered.isoformat()
        else:
            found["eta"] = self.eta.isoformat()
            if self.status == "shipped":
                found["tracking"] = self.tracking
        return found


@dataclass(slots=True)
class Subscription:
    """A repeated delivery."""

    subscription_id: str
    product: Product
    weeks: int
    next_date: date

    def record(self, status: str = "active", next_date: date | None = None) -> dict[str, object]:
        """The subscription as the subscription service returns it."""
        when = next_date or self.next_date
        return {"subscription_id": self.subscription_id, "item": self.product.name, "every_weeks": self.weeks,
                "status": status, "next_delivery": when.isoformat()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GiftCard:
    """A prepaid card."""

    code: str
    balance: float
    expires: date


@dataclass(slots=True)
class Customer:
    """Somebody who writes to support."""

    user_id: str
    name: str
    email: str
    new_email: str
    address: str
    new_address: str
    today: date
    subscription: Subscription
    card: GiftCard
    orders: list[Order] = field(default_factory=list[Order])


def _product(rng: Random, category: str) -> Product:
    department, low, high, names = CATEGORIES[category]
    price = round(low * (high / low) ** rng.random(), 0) - 0.01 * rng.choice((1, 5, 50))
    colour = pick(rng, _COLOUR)
    base = pick(rng, names)
    sku = f"{category[:3].upper()}-{rng.randrange(1000, 9999)}"
    return Product(f"{colour} {base}".strip(), category, department, sku, round(price, 2))


def _address(rng: Random) -> str:
    return f"{rng.randrange(2, 240)} {pick(rng, _STREET)}, {pick(rng, _CITY)}"


def make_order(rng: Random, customer: Customer, category: str, status: str, age: int) -> Order:
    """Give a customer one more order.

    Parameters
    ----------
    rng
        Where chance comes from.
    customer
        Who ordered; the order is added to the customer's.
    category
        A key of `CATEGORIES`.
    status
        "processing", "shipped" or "delivered".
    age
        Days since delivery where it is delivered, else since the order was placed.

    Returns
    -------
    Order
        The new order.
    """
    products = [_product(rng, category)]
    products += [_product(rng, pick(rng, list(CATEGORIES))) for _ in range(rng.choice((0, 0, 0, 1)))]
    on_the_way = rng.randrange(2, 7)
    placed = customer.today - timedelta(days=age + (on_the_way if status == "delivered" else 0))
    delivered = customer.today - timedelta(days=age) if status == "delivered" else None
    order = Order(
        order_id=f"W{rng.randrange(1_000_000, 9_999_999)}",
        products=products,
        placed=placed,
        status=status,
        delivered=delivered,
        eta=customer.today + timedelta(days=rng.randrange(1, 8)),
        tracking=f"{rng.choice(('1Z', 'JD', 'PN'))}{rng.randrange(10**8, 10**9)}",
        carrier=pick(rng, _CARRIER),
        address=customer.address,
    )
    customer.orders.append(order)
    return order


def make_customer(rng: Random, today: date) -> Customer:
    """Make up a customer with a subscription and a gift card, and no order yet."""
    first, last = pick(rng, _FIRST), pick(rng, _LAST)
    number = rng.randrange(10_000, 99_999)
    weekly = _product(rng, rng.choice(("coffee", "pets", "beauty", "baby")))
    return Customer(
        user_id=f"cust-{number}",
        name=first,
        email=f"{first.lower()}.{last.lower()}@example.com",
        new_email=f"{first[0].lower()}{last.lower()}{number % 100}@example.org",
        address=_address(rng),
        new_address=_address(rng),
        today=today,
        subscription=Subscription(f"SUB-{rng.randrange(10_000, 99_999)}", weekly, rng.choice((2, 4, 6, 8)),
                                  today + timedelta(days=rng.randrange(2, 20))),
        card=GiftCard(f"GC-{rng.randrange(1000, 9999)}-{rng.randrange(1000, 9999)}", float(rng.choice((25, 40, 50, 75, 100, 150))),
                      today + timedelta(days=rng.randrange(40, 700))),
    )  # fmt: skip
