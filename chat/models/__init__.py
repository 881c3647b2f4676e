from chat.models.conversation import Conversation
from chat.models.experiment import Experiment
from chat.models.message import Message
from chat.models.prompt import Prompt
from chat.models.run import Checkpoint, Run

__all__ = ["Checkpoint", "Conversation", "Experiment", "Message", "Prompt", "Run"]
