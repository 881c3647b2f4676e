"""The pages and actions of conversations."""

from django.urls import path

from chat.views import conversations, inspect, pages, preferences, status, turns

urlpatterns = [
    path("", pages.chat_new, name="chat_new"),
    path("conversations/", turns.conversation_create, name="conversation_create"),
    path("conversations/list/", pages.conversation_list, name="conversation_list"),
    path("conversations/<uuid:conversation_id>/", pages.conversation_detail, name="conversation_detail"),
    path("conversations/<uuid:conversation_id>/log/", pages.conversation_log, name="conversation_log"),
    path("conversations/<uuid:conversation_id>/messages/", turns.message_create, name="message_create"),
    path("conversations/<uuid:conversation_id>/rename/", conversations.conversation_rename, name="conversation_rename"),
    path("conversations/<uuid:conversation_id>/trash/", conversations.conversation_trash, name="conversation_trash"),
    path(
        "conversations/<uuid:conversation_id>/restore/",
        conversations.conversation_restore,
        name="conversation_restore",
    ),
    path(
        "conversations/<uuid:conversation_id>/settings/",
        conversations.conversation_settings,
        name="conversation_settings",
    ),
    path("messages/<uuid:message_id>/", pages.message_detail, name="message_detail"),
    path("messages/<uuid:message_id>/text/", pages.message_text, name="message_text"),
    path("messages/<uuid:message_id>/reasoning/", pages.message_reasoning, name="message_reasoning"),
    path("messages/<uuid:message_id>/retry/", turns.message_retry, name="message_retry"),
    path("messages/<uuid:message_id>/continue/", turns.message_continue, name="message_continue"),
    path("messages/<uuid:message_id>/select/", turns.message_select, name="message_select"),
    path("messages/<uuid:message_id>/inspect/", inspect.message_inspect, name="message_inspect"),
    path("runs/<uuid:run_id>/inspect/", inspect.run_inspect, name="run_inspect"),
    path("runs/<uuid:run_id>/requests/<int:call_number>/", inspect.run_request, name="run_request"),
    path("inspect/", inspect.inspect_lookup, name="inspect_lookup"),
    path("inspect/<uuid:request_id>/", inspect.request_inspect, name="request_inspect"),
    path("status/", status.status, name="status"),
    path("status/level/", status.level_pin, name="level_pin"),
    path("shortcuts/", pages.shortcuts, name="shortcuts"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/theme/", preferences.theme_set, name="theme_set"),
    path("runs/<uuid:run_id>/stop/", turns.run_stop, name="run_stop"),
]
