"""What programs send and see of a campaign."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from webapp.api.fields import Line, Lines, Strict, line, told
from webapp.campaigns.audience.splitting import LENGTH, MOST
from webapp.campaigns.models import CampaignState
from webapp.campaigns.standing import WORDS
from webapp.messages.channels import Channel

CHANNELS = [channel.value for channel in Channel]
STATES = [state.value for state in CampaignState]
MARKS = {",", ";", "\t", "\n", "\r"}


class NewMessage(Strict):
    """What is said by one channel: a template by its name, or a text."""

    channel = fields.String(
        required=True,
        validate=validate.OneOf(CHANNELS),
        **told("By which it is sent.", example=Channel.SMS.value),
    )
    template: Any = line(512, least=1, **told("The name of a template."))
    language: Any = line(20, load_default="", **told("Of a WhatsApp template, such as “en”."))
    subject: Any = line(300, **told("Of an e-mail."))
    text = Lines(
        validate=validate.Length(1, 20_000),
        **told(
            "The words themselves; an e-mail's are Markdown.",
            example='Hello {{ name|default:"friend" }}',
        ),
    )
    fillings = fields.Dict(
        keys=Line(validate=validate.Length(1, 40)),
        values=Line(validate=validate.Length(1, 1000)),
        **told('What fills the places of a WhatsApp template, such as {"1": "{{ name }}"}.'),
    )

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError unless it says what is to be said, in one way."""
        if ("template" in data) == ("text" in data):
            raise ValidationError("Give either “template” or “text”.", "text")
        if data.get("channel") == Channel.WHATSAPP and "text" in data:
            raise ValidationError("WhatsApp takes templates only.", "text")


class CustomerFilter(Strict):
    """Which customers; what is given must all be true."""

    reach = fields.String(validate=validate.OneOf(["phone", "email"]))
    wants = fields.String(
        validate=validate.OneOf(CHANNELS), **told("Who takes offers by this channel.")
    )
    tag: Any = line(40)
    booked_from = fields.Date()
    booked_until = fields.Date()


class Audience(Strict):
    """Who is to get it."""

    recipients = fields.List(
        Line(validate=validate.Length(1, 254)),
        validate=validate.Length(1, MOST),
        **told(
            f"Telephone numbers and e-mail addresses, at most {MOST:,}; send more to …/recipients.",
            example=["+919812345678", "asha@example.org"],
        ),
    )
    customers = fields.Nested(CustomerFilter)
    region = fields.String(
        validate=validate.Regexp(r"^[A-Z]{2}$"),
        **told("The country of numbers without +; that of the house if left out.", example="IN"),
    )

    @validates_schema
    def sane(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError for what is two recipients in one, and for more than can be kept."""
        given = data.get("recipients", [])
        wrong = {
            place: ["This is more than one."] for place, one in enumerate(given) if MARKS & set(one)
        }
        if wrong:
            raise ValidationError({"recipients": wrong})
        if sum(len(one) + 1 for one in given) > LENGTH:
            raise ValidationError("This is too long. Send it in several parts.", "recipients")


class NewCampaign(Audience):
    """A campaign to be made."""

    name: Any = line(100, least=1, required=True, **told("For the desk, never for recipients."))
    messages = fields.List(
        fields.Nested(NewMessage),
        required=True,
        validate=validate.Length(1, len(CHANNELS)),
        **told(
            "In the order in which they are tried: the second to whom the first does not reach."
        ),
    )
    send = fields.Boolean(
        load_default=False,
        **told("true: it is checked and sent by itself as soon as its recipients have been read."),
    )

    @validates_schema
    def each_once(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError when a channel is named twice, or there is nobody to send it to."""
        named = [message.get("channel") for message in data.get("messages", [])]
        if len(set(named)) < len(named):
            raise ValidationError("Name each channel once.", "messages")
        if data.get("send") and not data.get("recipients") and "customers" not in data:
            raise ValidationError("Say who is to get it.", "recipients")


class MoreRecipients(Audience):
    """More people for a campaign."""

    @validates_schema
    def somebody(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError when nobody is named."""
        if not data.get("recipients") and "customers" not in data:
            raise ValidationError("Say who is to get it.", "recipients")


class Step(Schema):
    """Something that is to be done before a campaign can be sent."""

    key = fields.String(required=True)
    done = fields.Boolean(required=True)
    needed = fields.Boolean(required=True)
    sentence = fields.String(required=True)


class Recipients(Schema):
    """How many people."""

    total = fields.Integer(required=True, **told("Who can be reached, each once."))
    reading = fields.Boolean(required=True, **told("More are just being read."))
    bad = fields.Integer(required=True, **told("Numbers and addresses that cannot be right."))
    doubles = fields.Integer(required=True, **told("Who was named more than once."))


class CampaignSchema(Schema):
    """One message to many people."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    paused = fields.Boolean(required=True)
    channels = fields.List(fields.String(validate=validate.OneOf(CHANNELS)), required=True)
    recipients = fields.Nested(Recipients, required=True)
    steps = fields.List(
        fields.Nested(Step), required=True, **told("What there is to do before it is sent.")
    )
    ready = fields.Boolean(required=True, **told("It can be sent now."))
    sends_itself = fields.Boolean(
        required=True, **told("It is sent without being asked again, once it is ready.")
    )
    counts = fields.Dict(
        required=True,
        allow_none=True,
        keys=fields.String(validate=validate.OneOf(list(WORDS))),
        values=fields.Integer(),
        **told("Once it is sent: how many people by what became of the message to them."),
    )
    task_id = fields.UUID(
        required=True, allow_none=True, **told("The task that works on it, else the last one.")
    )
    tasks = fields.List(fields.UUID(), required=True, **told("The tasks about it, newest first."))
    created_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    page = fields.String(required=True, **told("Its page for people."))


class Given(CampaignSchema):
    """A campaign to which people were just given."""

    given = fields.Integer(
        required=True,
        **told("How many were sent with this request, or how many customers the filter means."),
    )
