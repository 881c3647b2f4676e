"""The words by which a question shows what it is: work, an explanation, or something light. English and Vietnamese.

All are compared without case, and without Vietnamese marks in a text that has none, since many people type none. A
phrase of several words must stand together.
"""

from __future__ import annotations

# Words of the work list that everyday talk has too: "create a good mood", a school class, the function of an organ.
# The verbs count where something is asked for by them, at the beginning of a sentence; all count beside something
# technical.
EVERYDAY_VERBS = frozenset(
    ("build", "code", "create", "design", "develop", "phát triển", "tạo", "thiết kế", "xây dựng")
)
EVERYDAY_NOUNS = frozenset(("class", "function", "hàm", "lớp"))
# What may stand before the verb of a request.
REQUEST_OPENINGS = (
    *("please", "can you", "could you", "would you", "help me", "help me to", "i want to", "i need to", "i have to"),
    *("how do i", "how do you", "how would you", "how should i", "how can i", "how to", "let's", "and", "then", "now"),
    *("hãy", "giúp mình", "giúp tôi", "bạn giúp mình", "bạn có thể", "mình muốn", "tôi muốn", "làm sao để"),
)
# Things of programs and systems. By themselves they are a look-up; with a word of making or trouble they are work.
TECHNICAL = (
    *("ansible", "api", "app", "array", "async", "aws", "azure", "backend", "bash", "bot", "bug", "c#", "c++"),
    *(
        "cache",
        "caching",
        "ci",
        "ci/cd",
        "cli",
        "cluster",
        "cobol",
        "command",
        "commit",
        "compiler",
        "cron",
        "css",
        "csv",
    ),
    *("dashboard", "data pipeline", "database", "dataframe", "deploy", "django", "docker", "docker-compose"),
    *("dockerfile", "elasticsearch", "endpoint", "error", "exception", "fastapi", "firebase", "flask", "flutter"),
    *("framework", "frontend", "git", "github", "gitlab", "golang", "graphql", "html", "http", "java"),
    *(
        "javascript",
        "jenkins",
        "js",
        "json",
        "jwt",
        "kafka",
        "kotlin",
        "kubernetes",
        "landing page",
        "haskell",
        "laravel",
        "linux",
    ),
    *("linked list", "localhost", "loop", "machine learning", "macro", "merge conflict", "method", "microservice"),
    *("microservices", "mongodb", "monorepo", "mysql", "neural network", "next.js", "nginx", "node", "node.js"),
    *(
        "nodejs",
        "npm",
        "numpy",
        "oauth",
        "orm",
        "pandas",
        "perl",
        "php",
        "pip",
        "pods",
        "pointer",
        "postgres",
        "postgresql",
    ),
    *("powershell", "pull request", "python", "pytorch", "query", "quicksort", "rails", "react", "recursion"),
    *("redis", "regex", "regexp", "regular expression", "repo", "ruby", "rust", "scala", "schema", "script", "server"),
    *("shell", "socket", "spring", "spring boot", "sql", "stack trace", "svelte", "swift", "tailwind", "terraform"),
    *("thread", "typescript", "unit test", "unit tests", "variable", "vba", "vue", "web app", "web page", "webhook"),
    *("webpack", "website", "xml", "yaml"),
    *("cây nhị phân", "chương trình", "con trỏ", "cơ sở dữ liệu", "danh sách liên kết", "đệ quy", "đoạn code"),
    *("giao diện", "mảng", "máy chủ", "phần mềm", "trang web", "truy vấn", "ứng dụng", "vòng lặp"),
)
MAKING = (
    *("add", "automate", "complete", "configure", "convert", "correct", "extend", "find", "fix", "generate", "handle"),
    *("improve", "make", "mend", "migrate", "port", "profile", "reproduce", "review", "rewrite", "set up", "simplify"),
    *("solve", "speed up", "test", "translate", "write"),
    *("cài đặt", "chuyển", "hoàn thiện", "khắc phục", "kiểm tra", "sửa", "thêm", "viết"),
)
TROUBLE = (
    *("broken", "crash", "crashes", "crashing", "deadlock", "doesn't work", "fail", "failed", "failing", "fails"),
    *(
        "freezes",
        "hangs",
        "i get an",
        "i'm getting",
        "keeps",
        "leak",
        "not working",
        "segfault",
        "slow",
        "stuck",
        "times out",
        "why does my",
    ),
    *("why is my", "wrong", "bị chậm", "bị lỗi", "bị treo", "không chạy", "không hoạt động"),
)
# What by its name is hard to do well.
HARD = (
    *("business case", "business plan", "code review", "contract clause", "derivative of", "differential equation"),
    *("due diligence", "financial model", "go-to-market", "integral of", "integrate", "memory leak", "proof", "prove"),
    *(
        "pull request",
        "race condition",
        "root cause",
        "segfault",
        "sql injection",
        "system prompt",
        "theorem",
        "thesis",
    ),
    *("threat model", "chứng minh", "đạo hàm", "kế hoạch kinh doanh", "kế hoạch tài chính", "luận văn"),
    *("phương trình vi phân", "tích phân"),
)
# Signs that an answer has to weigh and conclude, not only tell. Two of them are work.
DEPTH = (
    *("acquisition", "architecture", "assess", "assumptions", "bottleneck", "break-even", "business model"),
    *("case study", "cash flow", "churn", "complexity", "compliance", "constraints", "conversion", "critique"),
    *("customer segments", "derive", "downtime", "edge cases", "essay", "evaluate", "experiment", "feasibility"),
    *(
        "forecast",
        "hypothesis",
        "in depth",
        "in detail",
        "interest rates",
        "justify",
        "kpi",
        "latency",
        "learning plan",
    ),
    *("legal", "liability", "market share", "migration", "milestones", "optimal", "prioritised", "prioritized"),
    *(
        "project proposal",
        "recommend one",
        "recommendation",
        "recommendations",
        "regression",
        "retention",
        "return on investment",
        "revenue",
    ),
    *("risks", "roadmap", "saas", "scenarios", "sensitivity", "stakeholders", "step by step", "survey results"),
    *("timeline", "trade-off", "trade-offs", "validity", "what could go wrong", "which one you'd", "with all steps"),
    *("bài luận", "chấm theo", "chỉ số", "chi tiết từng", "dòng tiền", "doanh thu", "dự báo", "đánh giá", "đề xuất"),
    *("điều khoản", "độ phức tạp", "giải pháp", "kiến trúc", "lộ trình", "mô hình kinh doanh", "nguyên nhân"),
    *("nhận xét", "pháp lý", "phân khúc", "rủi ro", "tiêu chí"),
)
# An answer of some paragraphs, or a text to be written.
EXPLAINING = (
    *("advice", "better to", "compare", "describe", "difference between", "differences between", "draft", "email to"),
    *(
        "explain",
        "guide",
        "history of",
        "benefits of",
        "how can",
        "how come",
        "how could",
        "how do",
        "how does",
        "how is",
        "how should",
    ),
    *(
        "how to",
        "how would",
        "ideas",
        "itinerary",
        "letter to",
        "overview",
        "paragraph",
        "paragraphs",
        "a poem",
        "prepare",
    ),
    *(
        "pros and cons",
        "proofread",
        "recipe",
        "rewrite",
        "should i",
        "should we",
        "a song",
        "speech",
        "story",
        "suggest",
    ),
    *(
        "suggestions",
        "summarise",
        "summarize",
        "summary",
        "tell me about",
        "teach me",
        "tips",
        "toast for",
        "ways to",
        "what are the",
    ),
    *("what happens", "what should", "what were", "what would", "why", "worth it", "write"),
    *(
        "bài đăng",
        "bài phát biểu",
        "các cách",
        "cách để",
        "cách học",
        "cách làm",
        "cách nấu",
        "có cách nào",
        "một vài cách",
        "vài cách",
        "lợi ích",
        "lưu ý",
        "caption",
        "giải thích",
        "gợi ý",
        "hướng dẫn",
        "kể về",
        "khác nhau",
    ),
    *("làm sao", "làm thế nào", "lịch trình", "lời khuyên", "mẹo", "mô tả", "nên", "phân biệt", "so sánh", "soạn"),
    *(
        "tại sao",
        "thế nào",
        "tóm tắt",
        "ưu và nhược điểm",
        "ưu nhược điểm",
        "vì sao",
        "viết giúp",
        "viết lại",
        "viết một",
    ),
)
# Small talk, unless something is asked beside it.
SMALL_TALK = (
    *("good evening", "good morning", "good night", "haha", "hello", "hey", "hi", "how are you", "lol", "thank you"),
    *("thanks", "wish me", "wish her", "wish him"),
    *("cảm ơn", "chán ghê", "chào", "chúc mình", "chúc bạn", "kể cho", "vui ghê", "xin chào"),
)
# Asked for, but answered in a line.
LIGHT = (
    *("a bit more polite", "antonym", "fix the grammar", "fun fact", "good name", "happy birthday", "how do you say"),
    *("is it correct to say", "joke", "name three", "one line", "one sentence", "plural of", "spelled", "stand for"),
    *("stands for", "synonym", "translate"),
    *("bằng tiếng anh", "chính tả", "dịch", "một cái tên", "nghĩa là gì", "sang tiếng", "tiếng anh gọi là"),
    *("tiếng anh là gì",),
)
# Beginnings of what somebody tells, rather than asks.
TELLING = (
    *(
        "i am",
        "i feel",
        "i had",
        "i just",
        "i was",
        "i'm",
        "it's been",
        "my",
        "our",
        "today",
        "tomorrow",
        "we",
        "yesterday",
    ),
    *("con mình", "hôm nay", "hôm qua", "mai", "mình đang", "mình mệt", "mình vừa", "ngày mai", "nhà mình", "tối nay"),
)
# Beginnings of a question that one fact answers.
FACT_OPENINGS = (
    *("are", "capital of", "convert", "define", "did", "do", "does", "has", "have", "how big", "how far", "how high"),
    *("how long", "how many", "how much", "how old", "how tall", "is", "was", "were", "what class", "what day"),
    *("what does", "what function", "what is", "what time", "what year", "what's", "when", "where", "which", "who"),
    *("who's", "whose"),
)
# In Vietnamese the word that asks stands anywhere.
FACT_WORDS = (
    *("ai là", "bao nhiêu", "bằng mấy", "là ai", "là gì", "mấy giờ", "ngày mấy", "ngày nào", "ở đâu", "thứ mấy"),
    *("sông nào", "nào dài nhất", "là mấy", "nào lớn nhất", "ai đứng"),
)
# By these a question leans on what was said before it.
REFERRING = (
    *("above", "again", "it", "its", "that", "the same", "them", "these", "they", "this", "those"),
    *("cái đó", "cái này", "ở trên", "như vậy", "nó", "vậy"),
)
GOING_ON = ("also", "and", "but", "now", "or", "so", "then", "what about", "còn", "thế còn", "và", "vậy")
