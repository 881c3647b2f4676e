"""Where moderators work, below /admin/moderation/."""

from django.urls import path

from chat.views import moderation

urlpatterns = [
    path("", moderation.moderation_queue, name="moderation_queue"),
    path("dismiss/", moderation.moderation_dismiss, name="moderation_dismiss"),
    path("flags/<uuid:flag_id>/claim/", moderation.moderation_claim, name="moderation_claim"),
    path("flags/<uuid:flag_id>/unclaim/", moderation.moderation_unclaim, name="moderation_unclaim"),
    path("conversations/<uuid:conversation_id>/", moderation.moderation_conversation, name="moderation_conversation"),
    path("conversations/<uuid:conversation_id>/look/", moderation.moderation_look, name="moderation_look"),
    path("conversations/<uuid:conversation_id>/act/", moderation.moderation_act, name="moderation_act"),
    path(
        "conversations/<uuid:conversation_id>/images/<uuid:attachment_id>/",
        moderation.moderation_image,
        name="moderation_image",
    ),
    path("people/<uuid:person_id>/", moderation.moderation_person, name="moderation_person"),
    path("actions/<uuid:action_id>/restore/", moderation.moderation_restore, name="moderation_restore"),
    path("appeals/", moderation.moderation_appeals, name="moderation_appeals"),
    path("appeals/<uuid:action_id>/", moderation.moderation_appeal, name="moderation_appeal"),
    path("looks/", moderation.moderation_looks, name="moderation_looks"),
]
