"""What templates keep about people: nothing but what somebody typed into one by mistake."""

from webapp.forgetting import Keeps
from webapp.message_templates.models import Template, TemplateVersion

KEEPS = Keeps(
    free={Template: "name language category status provider_id"},
    published={TemplateVersion: "subject body components"},
)
