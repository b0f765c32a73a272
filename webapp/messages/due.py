"""Which messages are due and may leave, as conditions; and whether there are any."""

from sqlalchemy import BindParameter, String, bindparam, exists, false, select, type_coerce
from sqlalchemy.orm import aliased

from webapp.clock import now
from webapp.extensions import UtcDateTime, db
from webapp.jobs.kinds import Wake
from webapp.jobs.sweeping import backlog
from webapp.messages import limiting, quieting
from webapp.messages.channels import Channel
from webapp.messages.models import IN_THE_WAY, Batch, Message, MessageState, Suppression
from webapp.messages.opened import open_batches
from webapp.messages.stopping import open_channels
from webapp.states import stands

MOMENT = bindparam("moment", type_=UtcDateTime(), required=False)
_QUEUED = stands(Message.state, MessageState.QUEUED)
_earlier = aliased(Message)
_LANE_BUSY = exists().where(
    _earlier.lane == Message.lane, _earlier.id < Message.id, stands(_earlier.state, *IN_THE_WAY)
)
#: Inside a lane the messages of one batch, and those of none, go one by one and in order. A batch
#: that is held keeps no other waiting.
OWN_DUE = (
    _QUEUED,
    Message.batch_id.is_(None),
    Message.due_at <= MOMENT,
)
OWN_FREE = ~_LANE_BUSY.where(_earlier.batch_id.is_(None))
BATCH_DUE = (
    _QUEUED,
    Message.batch_id == bindparam("of_batch", required=False),
    Message.channel == bindparam("by", type_=Message.channel.type, required=False),
    Message.due_at <= MOMENT,
)
BATCH_FREE = ~_LANE_BUSY.where(_earlier.batch_id == Message.batch_id)
_STILL_OPEN = exists().where(
    Batch.id == Message.batch_id, Batch.held_at.is_(None), Batch.cancelled_at.is_(None)
)
_WANTS_NONE = (Message.category == "campaign") & exists().where(
    Suppression.lane
    == type_coerce(Message.channel, String) + ":" + type_coerce(Message.address, String)
)
_some: BindParameter[int] = bindparam("some", required=False)
OWN = (
    select(Message.id, false().label("unwanted"))
    .where(*OWN_DUE, Message.channel.in_(bindparam("open", expanding=True)), OWN_FREE)
    .order_by(Message.urgency, Message.due_at)
    .limit(_some)
)
OF_BATCH = (
    select(Message.id, _WANTS_NONE.label("unwanted"))
    .where(*BATCH_DUE, quieting.open_at(MOMENT), BATCH_FREE, _STILL_OPEN)
    .order_by(Message.due_at)
    .limit(_some)
)


@backlog(Wake.DELIVER)
def messages_wait() -> bool:
    """Say whether a message of no batch is due that could leave now."""
    waiting = (
        select(Message.id)
        .where(*OWN_DUE, Message.channel.in_(bindparam("open", expanding=True)), OWN_FREE)
        .limit(1)
    )
    values = {"open": open_channels(), "moment": now()}
    return db.session.scalar(waiting, values) is not None


@backlog(Wake.SEND_BATCHES)
def batches_wait() -> bool:
    """Say whether a message of a batch is due that could leave now."""
    moment = now()
    waiting = select(Message.id).where(*BATCH_DUE, BATCH_FREE).limit(1)
    ready = set(open_channels())
    for batch in open_batches():
        for channel in Channel:
            values = {"of_batch": batch.id, "by": channel, "moment": moment}
            may = batch.rehearsal or (channel in ready and limiting.room(channel) != 0)
            if may and db.session.scalar(waiting, values) is not None:
                return True
    return False
