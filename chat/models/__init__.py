from chat.models.conversation import Conversation
from chat.models.conversation_export import ConversationExport
from chat.models.experiment import Experiment
from chat.models.message import Message
from chat.models.run import Checkpoint, Run
from chat.models.share import Share

__all__ = ["Checkpoint", "Conversation", "ConversationExport", "Experiment", "Message", "Run", "Share"]
