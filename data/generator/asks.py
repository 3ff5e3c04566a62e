"""What customers write: one entry a kind of request, each with many ways to say it."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ASKS",
    "CLOSE",
    "DOUBT",
    "GIVE_ID",
    "OPEN",
    "PUSHBACK",
    "REASON",
    "REFER_FIRST",
    "REPEAT",
    "THANKS",
    "WHICH_BY_ITEM",
]

OPEN: Final = ("", "", "", "Hi, ", "Hi! ", "Hello, ", "Hey, ", "Hey there. ", "Good morning. ", "Good evening, ", "Quick one: ",
               "Hi team, ", "Need some help please. ", "Hope you can help. ")  # fmt: skip
CLOSE: Final = ("", "", "", "", "", " Thanks!", " Thank you.", " Cheers", " Appreciate it.", " Thanks in advance.", " Please advise.",
                " Let me know.")  # fmt: skip
REASON: Final = (
    "", "", "", "It's [a bit smaller|bigger|heavier|louder] than I expected.", "I [ended up with two|got one as a present] already.",
    "It [doesn't fit|isn't right for us|isn't what the photos show].", "We're moving [next week|soon] and [can't take it along|have no room].",
    "My partner [bought|ordered] the same thing [lol|last week|].", "I changed my mind, sorry.", "Found a better one [locally|elsewhere].",
    "The quality is not [great|what I hoped for|what it used to be].",
)  # fmt: skip

WHICH_BY_ITEM: Final = ("[my|the] {item} [order|]", "the {item} I [bought|ordered] [last month|a while ago|from you|]", "the {item}",
                        "my [recent |]order [with|of] the {item}")  # fmt: skip
GIVE_ID: Final = ("{order}", "It's {order}.", "sure, {order}", "The number is {order}", "order {order}", "{order}, [it should be under my email|placed with this account]",
                  "Let me look... {order}")  # fmt: skip
REFER_FIRST: Final = ("[Back to|About] the [first order|order I mentioned at the start]: ", "One more thing on [the order I started with|that first order]. ",
                      "And for the order from the beginning of this chat: ", "Going back to my first [question|order], ")  # fmt: skip

ASKS: Final[dict[str, tuple[str, ...]]] = {
    # things to do
    "refund": (
        "I'd like [a refund|my money back] for {which}. {reason}", "[Can|Could] you refund {which}? {reason}", "I [want|need] to [send back|return] {which} and get refunded. {reason}",
        "Please refund {which} [to my card|]. {reason}", "{which}: {reason} How do I get the money back? Please start it.", "Returning {which}, [please process the refund|refund please]. {reason}",
        "Not keeping {which}. {reason} Can you put the money back [on my card|]?"),
    "cancel": (
        "Please cancel {which}.", "I need to cancel {which} [before it ships|as soon as possible|]. {reason}", "[Can|Could] you stop {which}? I [don't need it any more|ordered by mistake].",
        "I [made a mistake|ordered twice], {which} should be cancelled", "Cancel {which} please, {reason}", "Is there a way to call off {which}? Please do it [right away|today] if so."),
    "change_address": (
        "{which} [is going|goes] to the wrong [place|address]. Please send it to {addr}", "Can you change the delivery address of {which} to {addr}?", "We moved. {which} needs to come to {addr} [instead|].",
        "I need {which} delivered at {addr}, not at [the old place|home].", "Wrong address on {which}!! Correct one: {addr}", "please ship {which} to my office: {addr}"),
    "price_adjust": (
        "The {item} [is|just got] cheaper on your site now. Can I get the difference for {which}?", "I paid more for {which} than it costs today. Could you adjust the price?",
        "{which} [dropped|went down] by {drop}. Please credit me [that|the difference].", "saw the {item} on sale, {drop} less than I paid ({which}). Price adjustment?",
        "Do you match your own prices? {which} is {drop} cheaper now, I'd like it credited"),
    "replace": (
        "{which} arrived [broken|damaged|with a crack]. [Send me a new one|I need a replacement] please.", "The {item} [stopped working after two days|is defective], can I get another one? It's {which}.",
        "There's a [dent|big scratch|missing part] on {which}. Can you send a replacement?", "I got the wrong [colour|size] in {which}, please exchange it", "Replacement needed for {which}: [does not switch on|came in pieces]."),
    "warranty": (
        "I want to make a warranty claim for {which}. It [broke|failed] [after a few weeks|yesterday].", "The {item} [no longer works|keeps failing]. Please open a warranty case for {which}.",
        "{which} has a [defect|fault], I think it is covered. Can you register the claim?", "How do I claim warranty on {which}? [Please open it for me|Start it please]."),
    "pause_subscription": (
        "Please pause my {subitem} subscription for {weeks} weeks.", "I have too much {subitem}, can we skip {weeks} weeks of the subscription?", "Going away. Hold the {subitem} deliveries for {weeks} weeks please",
        "Could you put subscription {sub} on pause? {weeks} weeks should do.", "pls stop sending {subitem} for the next {weeks} weeks"),
    "invoice": (
        "I need an invoice for {which} [for my taxes|for my company|].", "Can you [email|send] me the invoice of {which}?", "No bill came with {which}. Could you send it to {email}?",
        "Accounting wants a proper invoice for {which}. [Can you send one|Please send it]?", "Where is the receipt for {which}? Please mail it"),
    "gift_card_apply": (
        "I have a gift card {card}, please [use|apply] it on {which}.", "Can {card} go towards {which}?", "forgot to enter my gift card {card} when I placed {which}. can you still apply it?",
        "Please put the balance of {card} on {which}."),
    "update_email": (
        "I want to change the email of my account to {email}.", "New email address for me: {email}. Please update.", "I can't [get into|use] my old mailbox any more, switch my account to {email}",
        "Please replace my login email by {email}", "Could you update my contact email? It's {email} now."),
    "pickup": (
        "Can somebody collect {which}? I can't get to a drop-off point.", "I need a courier pickup for returning {which} [on {day}|].", "{which} is too heavy to carry to the post. Please arrange a pickup [for {day}|].",
        "How about picking up {which} at my door? {day} works for me. Please book it."),
    "callback": (
        "I'd like someone to [look into|follow up on] {which}, it has been [a mess|going wrong] for weeks.", "Can you open a case for {which}? I want [a person|someone senior] to check it.",
        "Please have somebody get back to me on {which}.", "I want to file a complaint about {which}, please register it."),
    # things to know, from the rules
    "returns": (
        "How long do I have to return {which}?", "What's the return window for [the {item}|{dept} items]?", "Until when can I send back {which}?", "Is it too late to return {which}? What's the rule?",
        "If the {item} doesn't [work out|fit], how many days do I have?", "whats your return policy on {item}s"),
    "return_cost": (
        "Do I have to pay for sending back {which}?", "What does it cost to return [the {item}|{which}]?", "Who pays the return shipping on {which}?", "Is the return label free for {dept} stuff?",
        "how much do you take off for return postage on the {item}"),
    "refund_timing": (
        "I sent {which} back. When do I see my money?", "How long does a refund take for {which}?", "Return of {which} was scanned [days ago|last week], when is the refund on my account?",
        "When will the refund for the {item} arrive?", "still no money for the returned {item}, how long is normal?"),
    "warranty_q": (
        "How long is the warranty on [the {item}|{which}]?", "Is the {item} still covered if it breaks [next year|after a year]?", "What warranty do I get with {which}?", "whats the guarantee period for {item}s?"),
    "shipping_time": (
        "How long does delivery take for the {item}?", "If I order a {item} today, when would it come?", "What are your delivery times for {dept} products?", "I need a {item} by {day}, how fast do you ship?"),
    "shipping_cost": (
        "What do you charge for shipping a {item}?", "How much is delivery for {dept} products?", "Is shipping free on the {item}?", "delivery fee for a {item}?"),
    "price_match": (
        "If the {item} goes on sale after I buy it, do I get the difference?", "How long after buying do you adjust prices on {dept} items?", "What's the deal with price drops, for example for {which}?",
        "Until when would I get the difference if the price of the {item} falls?"),
    "gift_expiry": (
        "How long is a gift card valid?", "Does my gift card {card} expire [at some point|]?", "Until when do I have to use {card}?", "do your gift cards run out?"),
    "sub_terms": (
        "How late can I still [pause|cancel] the {subitem} subscription before it ships?", "What notice do you need for ending a subscription?", "Is there a fee when I stop the {subitem} subscription? How much notice?",
        "until when can i skip a {subitem} delivery"),
    "recycling": (
        "Do you take the old one back when you deliver a {item}?", "What does it cost to have my old {item} taken away?", "Can the driver take our old {item}?"),
    "invoice_q": (
        "How long after a purchase can I still get an invoice changed?", "Can {which} be invoiced to my company afterwards? Until when?", "is it possible to get an invoice [months|weeks] later? how late?"),
    # things to look up
    "status": (
        "What's going on with {which}?", "Has {which} [shipped|left your warehouse] yet?", "Status of {which}?", "I haven't heard anything about {which}. Is it coming?", "did {which} go through"),
    "tracking": (
        "Where is {which} right now?", "Could you track {which} for me?", "The tracking page for {which} [shows nothing|hasn't moved]. Where's the parcel?", "when will {which} [arrive|be here]",
        "{which} should have been here by now. Where is it?"),
    "gift_balance": (
        "How much is left on {card}?", "What's the balance of gift card {card}?", "can you check my gift card {card}", "I think there's still money on {card}. How much exactly?"),
    "sub_next": (
        "When is my next {subitem} delivery?", "What date does subscription {sub} ship again?", "next delivery of the {subitem}, when?", "When do I get charged for the {subitem} again?"),
    "history": (
        "What have I ordered [this summer|recently|lately]?", "Can you list my [last|recent] orders?", "Which orders do you have on my account?", "I lost my confirmations. What did I buy [from you |]lately?"),
    "recommend": (
        "I'm looking for a {item} under {budget}. What do you have?", "Which {item} would you recommend for at most {budget}?", "Need a {item}, budget is {budget}. Suggestions?",
        "Gift idea: {item}, not more than {budget}. What's in stock?"),
    "spec": (
        "What [material|size|weight] is the {item}?", "How heavy is the {item} [from {which}|]?", "Is the {item} [any good|suitable] for a beginner?", "Could you tell me the dimensions of the {item}?"),
}  # fmt: skip

THANKS: Final = (
    "Great, thanks!", "Thank you so much", "ok thanks", "Perfect, that's all.", "Thanks for the [quick|fast] help!", "cheers, bye", "Good, thank you.", "Awesome!", "Alright. Thanks",
    "ok", "Got it, thanks", "That's all I needed.", "Lovely, thank you",
)  # fmt: skip
DOUBT: Final = (
    "Are you sure?", "Hm ok. [Really|Is that right]?", "Can you double check that?", "Wait, really?", "Is that certain? I [read|heard] something else.", "And you're positive about this?",
    "ok... will I get a confirmation?", "I was told something different [last time|on the phone].", "That sounds [odd|strange] but ok. Can you confirm?",
)  # fmt: skip
PUSHBACK: Final = (
    "That's not [right|correct].", "No. Please read my message again.", "This doesn't help me at all.", "I don't think that's right, could you check again?", "Hmm, that can't be.",
    "?? That is not what I [meant|asked for]", "Sorry but no, something went wrong there.", "You're not [listening|getting it].", "Are you a bot? Please look again.", "I don't see that on my side. Please check.",
    "wait, that doesn't look right", "This is [frustrating|getting annoying]. Look at it again please.",
)  # fmt: skip
REPEAT: Final = (
    "Again: {ask}", "[As I said|Like I wrote]: {ask}", "My question was: {ask}", "Let me repeat. {ask}", "{ask} That's [all I want|what I asked].",
)  # fmt: skip
