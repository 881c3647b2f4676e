from chat.models.conversation import Conversation
from chat.models.experiment import Experiment
from chat.models.message import Message
from chat.models.run import Checkpoint, Run
from chat.models.search_entry import SearchEntry

__all__ = ["Checkpoint", "Conversation", "Experiment", "Message", "Run", "SearchEntry"]
