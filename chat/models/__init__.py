from chat.models.attachment import Attachment
from chat.models.comparison import Comparison, PreferenceVote
from chat.models.conversation import Conversation
from chat.models.conversation_export import ConversationExport
from chat.models.conversation_import import ConversationImport, ImportedSource
from chat.models.entities import ConversationEntities
from chat.models.experiment import Experiment
from chat.models.guard_policy import GuardPolicy, GuardRule
from chat.models.message import Message
from chat.models.moderation import Appeal, Flag, KeywordList, Look, MessageCheck, ModerationAction
from chat.models.organising import Folder, Tag
from chat.models.prompt import Prompt
from chat.models.run import Checkpoint, Run
from chat.models.search_entry import SearchEntry
from chat.models.share import Share
from chat.models.task_run import TaskRun

__all__ = [
    "Appeal",
    "Attachment",
    "Checkpoint",
    "Comparison",
    "Conversation",
    "ConversationEntities",
    "ConversationExport",
    "ConversationImport",
    "Experiment",
    "Flag",
    "Folder",
    "GuardPolicy",
    "GuardRule",
    "ImportedSource",
    "KeywordList",
    "Look",
    "Message",
    "MessageCheck",
    "ModerationAction",
    "PreferenceVote",
    "Prompt",
    "Run",
    "SearchEntry",
    "Share",
    "Tag",
    "TaskRun",
]
