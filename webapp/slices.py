"""The parts of the house: their tables, and their pages."""

from flask import Blueprint

from webapp.accounts import models as accounts
from webapp.accounts import views as account_pages
from webapp.api import docs_views as api_pages
from webapp.api import models as api
from webapp.api import views as token_pages
from webapp.bookings import book_views as book_pages
from webapp.bookings import models as bookings
from webapp.bookings import payment_views as payment_pages
from webapp.bookings import views as booking_pages
from webapp.bookings import webhooks as payment_webhooks
from webapp.campaigns import audience_views as audience_pages
from webapp.campaigns import live_views as live_pages
from webapp.campaigns import models as campaigns
from webapp.campaigns import recipient_views as recipient_pages
from webapp.campaigns import rehearsal_views as rehearsal_pages
from webapp.campaigns import views as campaign_pages
from webapp.charts import models as charts
from webapp.charts import views as chart_pages
from webapp.customers import models as customers
from webapp.customers import views as customer_pages
from webapp.documents import models as documents
from webapp.documents import upload_views as upload_pages
from webapp.documents import views as document_pages
from webapp.exports import models as exports
from webapp.exports import views as export_pages
from webapp.health import models as health
from webapp.health import views as health_pages
from webapp.home import views as home
from webapp.jobs import models as jobs
from webapp.jobs.listing import failure_views as failure_pages
from webapp.jobs.listing import filter_views as filter_pages
from webapp.jobs.listing import views as job_pages
from webapp.knowledge import ask_views as ask_pages
from webapp.knowledge import index_tables
from webapp.knowledge import models as knowledge
from webapp.knowledge import views as knowledge_pages
from webapp.message_templates import models as message_templates
from webapp.message_templates import views as template_pages
from webapp.messages import models as messages
from webapp.messages import suppression_views as suppression_pages
from webapp.messages import unsubscribe_views as unsubscribe_pages
from webapp.messages import views as message_pages
from webapp.messages import webhooks
from webapp.notices import models as notices
from webapp.notices import views as notice_pages
from webapp.reports import models as reports
from webapp.reports import views as report_pages
from webapp.retention import models as retention
from webapp.retention import views as retention_pages
from webapp.schedules import models as schedules
from webapp.schedules import views as schedule_pages
from webapp.services import models as services
from webapp.services import views as service_pages
from webapp.storage import models as storage
from webapp.websites import models as websites
from webapp.websites import views as website_pages
from webapp.workers import views as worker_pages

TABLES = (
    accounts,
    api,
    bookings,
    campaigns,
    charts,
    customers,
    documents,
    exports,
    health,
    index_tables,
    jobs,
    knowledge,
    message_templates,
    messages,
    notices,
    reports,
    retention,
    schedules,
    services,
    storage,
    websites,
)
PAGES = (
    account_pages,
    api_pages,
    ask_pages,
    audience_pages,
    book_pages,
    booking_pages,
    campaign_pages,
    chart_pages,
    customer_pages,
    document_pages,
    export_pages,
    failure_pages,
    filter_pages,
    health_pages,
    home,
    job_pages,
    knowledge_pages,
    live_pages,
    message_pages,
    notice_pages,
    payment_pages,
    payment_webhooks,
    recipient_pages,
    rehearsal_pages,
    report_pages,
    retention_pages,
    schedule_pages,
    service_pages,
    suppression_pages,
    template_pages,
    token_pages,
    unsubscribe_pages,
    upload_pages,
    webhooks,
    website_pages,
    worker_pages,
)
BLUEPRINTS: tuple[Blueprint, ...] = tuple(part.bp for part in PAGES)
