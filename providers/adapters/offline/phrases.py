"""The offline model's fixed sentences, in English and Vietnamese. Text only."""

from __future__ import annotations

from dataclasses import dataclass

from providers.adapters.offline.language import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    first_note: str
    identity: str
    key_help: str
    greeting: str
    thanks: str
    farewell: str
    abilities: str
    nothing_asked: str
    image_unseen: str
    sum_intro: str
    sum_steps: str
    sum_problems: dict[str, str]
    recall_found: str
    recall_none: str
    summary: str
    summary_of_talk: str
    terms: str
    steps: str
    statistics: str
    statistics_rows: tuple[str, ...]
    paste_text: str
    code: str
    code_lines: str
    code_names: str
    code_end: str
    passages: str
    cannot: str
    today: str
    no_clock: str
    continued: str


_ENGLISH = Phrases(
    first_note="> I'm Convoscope's built-in offline model. I am **not a language model**: I calculate, summarise and "
    "search only what you write here.",
    identity="I'm the offline model that is built into Convoscope. I am **not a language model** and have no knowledge "
    "of the world: I work by fixed rules on the words in this conversation, on your own server, without a network and "
    "at no cost.",
    key_help="To get answers from a real language model, add a provider key in one of two ways:\n\n"
    "1. **In the page** (administrators): open **Providers** in the menu of your account, paste the key and test it.\n"
    "2. **In the environment**: put one of these lines into `.env` and restart:\n\n"
    "```bash\nOPENAI_API_KEY=...\nANTHROPIC_API_KEY=...\nGEMINI_API_KEY=...\n```\n\n"
    "After that the provider's models can be chosen in the model picker.",
    greeting="Hello! What can I do for you?",
    thanks="You're welcome!",
    farewell="Goodbye! This conversation stays here for you.",
    abilities="Here is what I can do without a language model:\n\n"
    "- **Calculate**: `12 * 7`, `15 % of 80`, `(3 + 4)² / 2`\n"
    "- **Summarise** a text you paste, list its **key terms**, or turn it into numbered **steps**\n"
    "- **Analyse** a text: a table of word statistics\n"
    "- **Find** what was said here: *what did I say about the budget?*\n"
    "- **Look at code**: its language, size and the functions it defines\n"
    "- **Write a long sample answer**: *write 500 words about streaming*",
    nothing_asked="There is no text in your message. Write a question or paste a text.",
    image_unseen="I can't see images; only the text of a message reaches me.",
    sum_intro="**{expression} {sign} {result}**",
    sum_steps="Step by step:",
    sum_problems={
        "division_by_zero": "**{expression}** has no result: it divides by zero.",
        "too_large": "**{expression}** is too large for me: I stop at about 600 digits.",
        "not_real": "**{expression}** has no real result.",
        "not_arithmetic": "I can't calculate **{expression}**.",
    },
    recall_found="This is what was said here about **{topic}**:",
    recall_none="Nothing was said about **{topic}** in this conversation so far.",
    summary="### Summary",
    summary_of_talk="### This conversation so far",
    terms="### Key terms",
    steps="### Steps",
    statistics="### The text in numbers",
    statistics_rows=(
        "Measure",
        "Value",
        "Characters",
        "Words",
        "Distinct words",
        "Sentences",
        "Paragraphs",
        "Words per sentence",
        "Longest word",
    ),
    paste_text="Paste the text below your request, and I'll work on it.",
    code="This is the code as I received it:",
    code_lines="Lines: {lines}; language, as far as I can tell: {language}",
    code_names="Defined here: {names}",
    code_end="I haven't run it, and I can't judge whether it is right.",
    passages="From the texts that came with the question:",
    cannot="I can't answer this: I know only what is written in this conversation.",
    today="You asked on **{date}** at **{time} UTC**.",
    no_clock="I have no clock.",
    continued="*The offline model goes on from here. It can't finish another model's thought; this is what it has to "
    "say:*",
)

_VIETNAMESE = Phrases(
    first_note="> Tôi là mô hình ngoại tuyến có sẵn trong Convoscope. Tôi **không phải là mô hình ngôn ngữ**: tôi chỉ "
    "tính toán, tóm tắt và tìm kiếm trong những gì bạn viết ở đây.",
    identity="Tôi là mô hình ngoại tuyến có sẵn trong Convoscope. Tôi **không phải là mô hình ngôn ngữ** và không có "
    "kiến thức về thế giới: tôi làm việc theo các quy tắc cố định trên những gì được viết trong cuộc trò chuyện này, "
    "ngay trên máy chủ của bạn, không cần mạng và không tốn phí.",
    key_help="Để nhận câu trả lời từ một mô hình ngôn ngữ thật, hãy thêm khóa của nhà cung cấp theo một trong hai cách:"
    "\n\n"
    "1. **Trong trang** (dành cho quản trị viên): mở **Nhà cung cấp** trong menu tài khoản, dán khóa và kiểm tra.\n"
    "2. **Trong biến môi trường**: thêm một trong các dòng sau vào `.env` rồi khởi động lại:\n\n"
    "```bash\nOPENAI_API_KEY=...\nANTHROPIC_API_KEY=...\nGEMINI_API_KEY=...\n```\n\n"
    "Sau đó bạn có thể chọn các mô hình của nhà cung cấp trong danh sách mô hình.",
    greeting="Xin chào! Tôi có thể giúp gì cho bạn?",
    thanks="Không có gì!",
    farewell="Tạm biệt! Cuộc trò chuyện này vẫn được giữ lại cho bạn.",
    abilities="Đây là những việc tôi làm được mà không cần mô hình ngôn ngữ:\n\n"
    "- **Tính toán**: `12 * 7`, `15 % của 80`, `(3 + 4)² / 2`\n"
    "- **Tóm tắt** văn bản bạn dán vào, liệt kê **từ khóa**, hoặc chuyển thành các **bước** có đánh số\n"
    "- **Phân tích** văn bản: bảng thống kê từ\n"
    "- **Tìm lại** điều đã nói ở đây: *tôi đã nói gì về ngân sách?*\n"
    "- **Xem mã nguồn**: ngôn ngữ, độ dài và các hàm được định nghĩa\n"
    "- **Viết một câu trả lời dài mẫu**: *viết 500 từ về streaming*",
    nothing_asked="Tin nhắn của bạn không có nội dung. Hãy viết câu hỏi hoặc dán một văn bản.",
    image_unseen="Tôi không xem được hình ảnh; tôi chỉ nhận được phần chữ của tin nhắn.",
    sum_intro="Kết quả: **{expression} {sign} {result}**",
    sum_steps="Từng bước:",
    sum_problems={
        "division_by_zero": "**{expression}** không có kết quả vì có phép chia cho 0.",
        "too_large": "**{expression}** quá lớn đối với tôi: tôi chỉ tính đến khoảng 600 chữ số.",
        "not_real": "**{expression}** không có kết quả là số thực.",
        "not_arithmetic": "Tôi không tính được **{expression}**.",
    },
    recall_found="Đây là những gì đã được nói ở đây về **{topic}**:",
    recall_none="Cho đến giờ cuộc trò chuyện này chưa nói gì về **{topic}**.",
    summary="### Tóm tắt",
    summary_of_talk="### Cuộc trò chuyện đến lúc này",
    terms="### Từ khóa",
    steps="### Các bước",
    statistics="### Văn bản qua các con số",
    statistics_rows=(
        "Chỉ số",
        "Giá trị",
        "Số ký tự",
        "Số từ",
        "Số từ khác nhau",
        "Số câu",
        "Số đoạn",
        "Số từ mỗi câu",
        "Từ dài nhất",
    ),
    paste_text="Hãy dán văn bản vào bên dưới yêu cầu, tôi sẽ xử lý nó.",
    code="Đây là đoạn mã tôi nhận được:",
    code_lines="Số dòng: {lines}; ngôn ngữ theo tôi đoán: {language}",
    code_names="Được định nghĩa ở đây: {names}",
    code_end="Tôi chưa chạy đoạn mã này và không thể đánh giá nó đúng hay sai.",
    passages="Trích từ các văn bản đi kèm câu hỏi:",
    cannot="Tôi không trả lời được câu này: tôi chỉ biết những gì được viết trong cuộc trò chuyện này.",
    today="Bạn hỏi vào ngày **{date}** lúc **{time} UTC**.",
    no_clock="Tôi không có đồng hồ.",
    continued="*Từ đây là mô hình ngoại tuyến viết tiếp. Nó không thể hoàn thành ý của một mô hình khác; đây là những "
    "gì nó có thể nói:*",
)

PHRASES: dict[Language, Phrases] = {"en": _ENGLISH, "vi": _VIETNAMESE}
