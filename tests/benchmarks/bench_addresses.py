"""Street addresses: what pyap and usaddress find in sentences such as agents read, and what they take for one.

Run it where both are installed:  python tests/benchmarks/bench_addresses.py
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

WITH: Final = (
    "Please ship it to 742 Evergreen Terrace, Springfield, IL 62704 by Friday.",
    "My address is 1600 Pennsylvania Ave NW, Washington, DC 20500.",
    "Deliver to 221 Main Street, Apt 4B, Boston, MA 02110 please.",
    "I live at 55 Oak Lane, Portland, OR 97201.",
    "Bill to: 9 Elm Court, Austin, Texas 78701",
    "The customer moved to 12345 Sunset Blvd, Los Angeles, CA 90028 last week.",
    "Send the refund cheque to 18 W 34th St, New York, NY 10001.",
    "address: 4400 Lake Shore Drive Unit 12, Chicago, IL 60613",
    "Pick up at 77 Massachusetts Avenue, Cambridge, MA 02139.",
    "We are at 1 Infinite Loop, Cupertino, CA 95014, second floor.",
    "Her office is 350 Fifth Avenue, Suite 3300, New York, NY 10118.",
    "Return to 6100 Peachtree Road, Atlanta, GA 30341-1234.",
    "Can you change it to 810 N Maple St, Denver, CO 80203?",
    "I'm at 2701 San Tomas Expressway, Santa Clara, CA 95050",
    "Old: 14 Hill Rd, Salem, OR 97301.",
    "Ship to 10 Downing Street, London SW1A 2AA.",
    "Liefern Sie an Hauptstrasse 5, 10115 Berlin.",
    "My place is 42 Baker Street, flat 3, London NW1 6XE",
    "The parcel goes to 12 rue de Rivoli, 75001 Paris.",
    "Meet me at 500 Terry Francois Blvd, San Francisco CA 94158",
    "the driver left it at 33 Willow Way",
    "It's PO Box 1234, Tulsa, OK 74101.",
    "3 Harbour View Road, Dublin 4",
    "deliver to 99 Cherry Lane, Reno, NV 89501",
    "88 Pine St Apt 12, Seattle, WA 98101 is correct",
    "Contact: J. Doe, 2020 K Street NW, Washington, DC 20006",
    "House 7, Rose Avenue, Leeds LS1 4AP",
    "address=15 Bay Street, Toronto, ON M5J 2R8",
    "I am moving to 901 Cedar Pkwy, Miami, FL 33101 in May",
    "Our depot: 4 Industrial Park Dr, Newark, NJ 07102",
)
WITHOUT: Final = (
    "Order 4482 was sent on 2024-05-12 by courier 3.",
    "The drive failed after 12 retries; see step 4 in Main.",
    "Call get_order(order_id=1234) and then cancel it.",
    "I need 2 tickets from Boston, MA to Denver, CO on May 5.",
    "Error 500 at line 120 of court_filing.py, column 8.",
    "The way to do it: 1 open the file, 2 press save.",
    "We have 300 items in stock, 20 in Portland, OR.",
    "Your flight HAT170 leaves at 14:30 from gate 22, terminal 3.",
    "Step 3 of 10: drive the plan forward, street by street.",
    "SELECT * FROM orders WHERE id = 55 LIMIT 10",
    "Refund of $120.50 was issued to card ending 4242.",
    "Python 3.11 Road map: 5 releases in 2025.",
    "The 12 best places to see in New York, NY this fall",
    "Version 2.4.1 St. release notes",
    "Chapter 7 Lane detection, pages 120-140",
    "He ran 100 miles in 24 hours, a court record.",
    "Room 12, building 5, floor 2 is booked from 9 to 10.",
    "Retry 3 times, then park the job in queue 44.",
    "Temperature 20 C in Denver, CO 80203 today.",
    "ZIP code 94105 has 3 stores.",
    "Model gpt-4 used 1024 tokens and 12 calls.",
    "Invoice 2023-118 for 40 hours at 95 USD an hour",
    "Meeting at 10 Monday, 15 people, Square table",
    "Item 6 blue drive way sensors, 2 pcs, CA model",
    "I scored 45 points in 3 games at the Garden",
    "Take 2 pills every 8 hours for 10 days.",
    "The bill: 3 coffees, 2 teas, 1 Court sandwich.",
    "4 Ways to improve: 1 Focus, 2 Plan, 3 Drive",
    "Set timeout=30 and retries=5 in Boston, then MA",
    "12 angry men, 1957, is on at 8 Drive-in cinema.",
)


def found_by_pyap(text: str, countries: tuple[str, ...]) -> bool:
    pyap: Any = import_module("pyap")
    return any(pyap.parse(text, country=country) for country in countries)


def found_by_usaddress(text: str) -> bool:
    usaddress: Any = import_module("usaddress")
    return {"AddressNumber", "StreetName", "StreetNamePostType"} <= {label for _, label in usaddress.parse(text)}


def score(name: str, finds: Callable[[str], bool]) -> None:
    right, wrong = sum(map(finds, WITH)), sum(map(finds, WITHOUT))
    print(f"{name}: {right} of {len(WITH)} found, {wrong} of {len(WITHOUT)} taken for one")


if __name__ == "__main__":
    score("pyap, United States", lambda text: found_by_pyap(text, ("US",)))
    score("pyap, all countries", lambda text: found_by_pyap(text, ("US", "CA", "GB")))
    score("usaddress", found_by_usaddress)
