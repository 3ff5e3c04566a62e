"""What the agent writes: done, declined, failed, found, answered."""

from __future__ import annotations

from typing import Final

__all__ = ["ACK", "ANSWER", "ASK_ID", "CANNOT", "DECLINE", "DONE", "MORE", "OBSTACLE", "REASSURE", "SORRY", "WELCOME"]

ACK: Final[dict[str, tuple[str, ...]]] = {
    "1.4.0": ("", "", "", "Thanks for reaching out. ", "Happy to help. ", "Sure. ", "Of course. ", "Thank you for your patience. ", "Hi {name}. ", "Thanks, {name}. ", "No problem. ", "Let me sort this out. "),
    "1.5.0": ("", "", "", "", "Thanks for the details. ", "Happy to help with that. ", "Certainly. ", "Hello {name}. ", "Thanks, {name}. ", "Sure thing. ", "Understood. "),
}  # fmt: skip
MORE: Final[dict[str, tuple[str, ...]]] = {
    "1.4.0": ("", "", "", " Is there anything else I can do for you?", " Anything else?", " Let me know if you need more help.", " Have a great day!", " Feel free to ask if something is unclear."),
    "1.5.0": ("", "", "", "", " Is there anything else?", " I'm here if you need anything more.", " Anything else I can help with?", " Have a lovely day!"),
}  # fmt: skip

ASK_ID: Final = (
    "Could you [give|tell] me the order number [please|]?", "Which order is this about? The number starts with a W.", "I'd be glad to look into it. What is the order number?",
    "To find it, I need the order number[, it is in your confirmation mail|].", "Can you share the order number so that I can [pull it up|check]?", "Sure, which order number is it?",
)  # fmt: skip

DONE: Final[dict[str, tuple[str, ...]]] = {
    "refund": (
        "I've [refunded|issued a refund for] the {item}: {amount} goes back to your original payment method.", "Your refund of {amount} for order {order} [is on its way|has been processed].",
        "All done: {amount} for the {item} [will be returned|goes back] to your card.", "The {item} is marked as returned and {amount} has been refunded.", "Refund completed for {order}, {amount} in total."),
    "cancel": (
        "Order {order} is cancelled; nothing will be charged.", "I've cancelled the {item} for you.", "Done, the order with the {item} won't be shipped.", "{order} has been called off and the reserved amount of {amount} released."),
    "change_address": (
        "The delivery address is now {addr}.", "I've updated order {order}: it will go to {addr}.", "Done! Your {item} will be delivered to {addr}.", "Address changed, the parcel is going to {addr}."),
    "price_adjust": (
        "I've credited the difference of {drop} to your card.", "The price of the {item} has been adjusted; you get {drop} back.", "Done: {drop} credit on order {order}.", "You'll see {drop} on your next statement, the adjustment is booked."),
    "replace": (
        "A new {item} [is on its way|has been ordered for you] to {addr}.", "I've set up a replacement for the {item}, it ships to {addr} [tomorrow|within two days].", "Sorry about that! Replacement {ref} goes out to {addr}.",
        "Your exchange is arranged: a fresh {item} will be sent to {addr}."),
    "warranty": (
        "Your warranty claim {ref} is open; the workshop writes to you within two days.", "I've registered the defect of the {item} as case {ref}.", "The claim for the {item} is filed. You will get a shipping label by email.",
        "Done, the warranty case is {ref}."),
    "pause_subscription": (
        "Your {subitem} subscription is paused; the next delivery is {date}.", "Paused! The next {subitem} ships on {date}.", "I've put {sub} on hold, it starts again on {date}.", "No {subitem} until {date}, as you asked."),
    "invoice": (
        "The invoice for order {order} has been sent to {email}.", "I've emailed you the invoice, look for it at {email}.", "Done, your invoice over {amount} is on its way to {email}.", "Invoice sent. It can take a minute to show up in {email}."),
    "gift_card_apply": (
        "I've applied {card} to order {order}; {left} is left on it.", "Your gift card was used for the {item}. Remaining balance: {left}.", "Done, {card} now covers part of order {order} and {left} remains."),
    "update_email": (
        "Your account now uses {email}.", "I've changed your login to {email}.", "Email updated to {email}. Please use it the next time you sign in.", "Done. All messages go to {email} from now on."),
    "pickup": (
        "A courier collects the {item} on {day} between 9 and 13h.", "Pickup {ref} is booked for {day}.", "I've arranged the collection of your {item} for {day}, no label needed.", "Done: {day}, at {addr}, the driver brings the label."),
    "callback": (
        "I've opened case {ref} for order {order}; a colleague [writes to you by email|gets back to you] within a day.", "Your complaint is registered as {ref} and with our specialists now.", "Case {ref} is open. You'll hear from us by email within 24 hours."),
}  # fmt: skip

DECLINE: Final[dict[str, tuple[str, ...]]] = {
    "refund": (
        "[I'm sorry, but|Unfortunately] the {item} was delivered {days} days ago and the return window is {value}[, see {doc}|], so I can't refund it.", "The return period of {value} for this item has passed ({days} days since delivery), a refund is not possible any more.",
        "I can't refund order {order}: returns are accepted within {value}, and it has been {days} days."),
    "cancel": (
        "Order {order} has already been shipped, so it can't be cancelled. You can send it back once it arrives.", "I'm sorry, the {item} is on its way and can no longer be stopped. Returning it is free of hassle.",
        "Too late to cancel, I'm afraid: it left the warehouse. Please refuse or return the parcel."),
    "change_address": (
        "The parcel is already with the carrier and can't be redirected to {addr}, sorry.", "Order {order} has shipped; under our rules ({doc}) the address can't be changed after that.", "I'm afraid it is too late for a new address, the {item} left the warehouse."),
    "price_adjust": (
        "The purchase was {days} days ago and adjustments are possible within {value}, so I can't credit the difference.", "I'm sorry: our price adjustment ends {value} after the purchase[ ({doc})|], it has been {days} days.", "Unfortunately the {value} for a price adjustment are over."),
    "update_email": (
        "For your safety I've sent a code to your current address. Please tell me the code and I'll change it to {email}.", "Before I can switch to {email} you need to confirm the code we just mailed to the address on file.", "I can only change it after you confirm it is you: a code is waiting in your old mailbox[ ({doc})|]."),
}  # fmt: skip

CANNOT: Final = (
    "I'm sorry, that didn't go through: {problem}. I've [passed it to|opened ticket {ref} with] a colleague who will [finish it|get back to you].", "Unfortunately I couldn't complete this just now ({problem}). Please try again in an hour[, or I can open a ticket|].",
    "Our system refused this: {problem}. Nothing has been changed yet; ticket {ref} is open for it.", "I tried, but it failed: {problem}. No changes were made. A specialist will take over under {ref}.",
    "The system answered: {problem}. Ticket {ref} is open, a colleague does it by hand today.",
    "That did not work on my side, I'm afraid. {problem} is what I got back, so I've handed it to the team as {ref}.",
)  # fmt: skip

OBSTACLE: Final = (
    "One moment, [that took two attempts|the system was slow].", "It needed a second try, but it worked.", "Sorry for the wait, [the first attempt timed out|the system hiccuped].", "", "", "",
)  # fmt: skip

ANSWER: Final[dict[str, tuple[str, ...]]] = {
    "returns": ("You can return the {item} within {value} of delivery[ ({doc})|].", "The return window for {dept} items is {value} from the day it is delivered.", "It's {value}, counted from delivery[, according to {doc}|]. Opened packaging is fine.", "You have {value} to send it back."),
    "return_cost": ("Sending it back costs {value}, which we take off the refund[ ({doc})|].", "The label for the {item} is {value}.", "For {dept} products the return fee is {value}.", "According to [{doc}|our current rules], you pay {value} for the return label."),
    "refund_timing": ("Once the return is scanned it takes {value} until the money is back[ ({doc})|].", "Refunds for {dept} items arrive in {value}.", "Please allow {value} after the parcel is scanned.", "It normally takes {value}, to your original payment method."),
    "warranty_q": ("The {item} comes with {value} of warranty against defects[ ({doc})|].", "You're covered for {value}.", "Our warranty on {dept} products is {value}, wear and accidents excluded.", "It's {value} from the purchase date[, see {doc}|]."),
    "shipping_time": ("A {item} takes {value} from dispatch[ ({doc})|].", "Standard delivery is {value} for {dept} orders.", "Please count on {value}.", "It would be with you in {value} after we hand it to the carrier."),
    "shipping_cost": ("Delivery is {value} for {dept} orders below the free-shipping threshold[ ({doc})|].", "Shipping a {item} costs {value}.", "That would be {value}.", "The fee is {value}[, as of {doc}|]."),
    "price_match": ("Within {value} of the purchase we credit the difference once[ ({doc})|].", "If the price drops in the first {value}, you get the difference.", "For the {item} it's {value} from the day you buy it.", "You have {value} to ask for an adjustment."),
    "gift_expiry": ("Gift cards are valid for {value} from the day they were issued[ ({doc})|].", "They last {value}.", "You have {value} from the date of issue; a payout in cash isn't possible.", "It's {value}[, see {doc}|]."),
    "sub_terms": ("You can pause or end it up to {value} before the next dispatch, free of charge[ ({doc})|].", "We need {value} notice before the next dispatch.", "There is no fee; just tell us {value} ahead.", "Until {value} before it ships."),
    "recycling": ("Yes, the driver takes the old one for {value} if you announce it at checkout[ ({doc})|].", "Taking back the old {item} costs {value}.", "We do: it's {value}, please tick it when ordering."),
    "invoice_q": ("Invoices can be issued or changed for {value} after the purchase[ ({doc})|].", "You have {value} for that, also for a company name.", "That's possible within {value} of buying."),
    "status": ("Order {order} is {status}[ and expected by {date}|].", "Your {item} is currently {status}.", "It's marked as {status}; expected date {date}.", 'The status of the {item} order is "{status}".'),
    "tracking": ("The {item} is with {carrier} ({tracking}), last seen in {city}; it should be there by {date}.", "{carrier} scanned it in {city}. Estimated delivery: {date}.", "Your parcel {tracking} is in {city} and due {date}.", "It's moving: {city} at the last scan, {date} at your door."),
    "gift_balance": ("There is {left} on {card}.", "Your gift card has a balance of {left}.", "{left} left.", "The card {card} still holds {left}."),
    "sub_next": ("The next {subitem} delivery is on {date}.", "{sub} ships again on {date}.", "It's due {date}; you're charged the same day.", "Your {subitem} comes next on {date}."),
    "history": ("I see these orders: {orders}.", "On your account: {orders}.", "Recently you ordered {orders}."),
    "recommend": ("The {found} at {price} fits your budget.", "I'd go for the {found}; it costs {price} and is in stock.", "Have a look at the {found} ({price}).", "We have the {found} for {price}[, customers rate it 4.5 of 5|]."),
    "spec": ("The {item} weighs {weight} kg and measures {size} cm.", "It is {size} cm and {weight} kg; suitable for beginners too.", "According to the data sheet: {size} cm, {weight} kg.", "{weight} kg, {size} cm[, and the finish is easy to clean|]."),
}  # fmt: skip

REASSURE: Final = (
    "Yes, I've checked again and it's right: {answer}", "I understand. I looked once more; {answer}", "Confirmed. {answer}", "Yes, that's correct as far as the system shows. {answer}", "I double-checked. {answer}",
)  # fmt: skip
SORRY: Final = (
    "I apologise for the confusion. {answer}", "Sorry about that. {answer}", "I'm sorry for the inconvenience. As mentioned: {answer}", "Thank you for pointing that out. {answer}", "I understand your frustration. {answer}",
    "I hear you. {answer}",
)  # fmt: skip
WELCOME: Final = (
    "You're welcome!",
    "My pleasure, {name}.",
    "Glad I could help.",
    "You're welcome. Have a nice day!",
    "Happy to help. Goodbye!",
    "Any time!",
    "Take care, {name}!",
)
