"""The words by which a question shows what it is: work, an explanation, or something light. English and Vietnamese.

All are compared without case, and without Vietnamese marks in a text that has none, since many people type none. A
phrase of several words must stand together.
"""

from __future__ import annotations


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in listed.strip().removesuffix(",").split(","))


# Words of the work list that everyday talk has too: "create a good mood", a school class, the function of an organ.
# The verbs count where something is asked for by them, at the beginning of a sentence; all count beside something
# technical.
EVERYDAY_VERBS = frozenset(_phrases("build, code, create, design, develop, phát triển, thiết kế, tạo, xây dựng"))
EVERYDAY_NOUNS = frozenset(_phrases("class, function, hàm, lớp"))
# What may stand before the verb of a request.
REQUEST_OPENINGS = _phrases("""
    and, can you, could you, help me, help me to, how can i, how do i, how do you, how should i, how to,
    how would you, i have to, i need to, i want to, let's, now, please, then, would you,
    bạn có thể, bạn giúp mình, giúp mình, giúp tôi, hãy, làm sao để, mình muốn, tôi muốn,
""")
# Things of programs and systems. By themselves they are a look-up; with a word of making or trouble they are work.
TECHNICAL = _phrases("""
    ansible, api, app, array, async, aws, azure, backend, bash, bot, bug, c#, c++, cache, caching, ci, ci/cd,
    cli, cluster, cobol, command, commit, compiler, cron, css, csv, dashboard, data pipeline, database,
    dataframe, deploy, django, docker, docker-compose, dockerfile, elasticsearch, endpoint, error, exception,
    fastapi, firebase, flask, flutter, framework, frontend, git, github, gitlab, golang, graphql, haskell, html,
    http, java, javascript, jenkins, js, json, jwt, kafka, kotlin, kubernetes, landing page, laravel,
    linked list, linux, localhost, loop, machine learning, macro, merge conflict, method, microservice,
    microservices, mongodb, monorepo, mysql, neural network, next.js, nginx, node, node.js, nodejs, npm, numpy,
    oauth, orm, pandas, perl, php, pip, pods, pointer, postgres, postgresql, powershell, pull request, python,
    pytorch, query, quicksort, rails, react, recursion, redis, regex, regexp, regular expression, repo, ruby,
    rust, scala, schema, script, server, shell, socket, spring, spring boot, sql, stack trace, svelte, swift,
    tailwind, terraform, thread, trang web, typescript, unit test, unit tests, variable, vba, vue, web app,
    web page, webhook, webpack, website, xml, yaml,
    chương trình, con trỏ, cây nhị phân, cơ sở dữ liệu, danh sách liên kết, giao diện, máy chủ, mảng, phần mềm,
    truy vấn, vòng lặp, đoạn code, đệ quy, ứng dụng,
""")
MAKING = _phrases("""
    add, automate, complete, configure, convert, correct, extend, find, fix, generate, handle, improve, make,
    mend, migrate, port, profile, reproduce, review, rewrite, set up, simplify, solve, speed up, test, translate,
    write,
    chuyển, cài đặt, hoàn thiện, khắc phục, kiểm tra, sửa, thêm, viết,
""")
TROUBLE = _phrases("""
    broken, crash, crashes, crashing, deadlock, doesn't work, fail, failed, failing, fails, freezes, hangs,
    i get an, i'm getting, keeps, leak, not working, segfault, slow, stuck, times out, why does my, why is my,
    wrong,
    bị chậm, bị lỗi, bị treo, không chạy, không hoạt động,
""")
# What by its name is hard to do well.
HARD = _phrases("""
    business case, business plan, code review, contract clause, derivative of, differential equation,
    due diligence, financial model, go-to-market, integral of, integrate, memory leak, proof, prove,
    pull request, race condition, root cause, segfault, sql injection, system prompt, theorem, thesis,
    threat model,
    chứng minh, kế hoạch kinh doanh, kế hoạch tài chính, luận văn, phương trình vi phân, tích phân, đạo hàm,
""")
# Signs that an answer has to weigh and conclude, not only tell. Two of them are work.
DEPTH = _phrases("""
    acquisition, architecture, assess, assumptions, bottleneck, break-even, business model, case study,
    cash flow, churn, complexity, compliance, constraints, conversion, critique, customer segments, derive,
    doanh thu, downtime, edge cases, essay, evaluate, experiment, feasibility, forecast, hypothesis, in depth,
    in detail, interest rates, justify, kpi, latency, learning plan, legal, liability, market share, migration,
    milestones, optimal, prioritised, prioritized, project proposal, recommend one, recommendation,
    recommendations, regression, retention, return on investment, revenue, risks, roadmap, saas, scenarios,
    sensitivity, stakeholders, step by step, survey results, timeline, trade-off, trade-offs, validity,
    what could go wrong, which one you'd, with all steps,
    bài luận, chi tiết từng, chấm theo, chỉ số, dòng tiền, dự báo, giải pháp, kiến trúc, lộ trình,
    mô hình kinh doanh, nguyên nhân, nhận xét, pháp lý, phân khúc, rủi ro, tiêu chí, điều khoản, đánh giá,
    đề xuất, độ phức tạp,
""")
# An answer of some paragraphs, or a text to be written.
EXPLAINING = _phrases("""
    a poem, a song, advice, benefits of, better to, caption, compare, describe, difference between,
    differences between, draft, email to, explain, guide, history of, how can, how come, how could, how do,
    how does, how is, how should, how to, how would, ideas, itinerary, letter to, overview, paragraph,
    paragraphs, prepare, proofread, pros and cons, recipe, rewrite, should i, should we, speech, story, suggest,
    suggestions, summarise, summarize, summary, teach me, tell me about, tips, toast for, ways to, what are the,
    what happens, what should, what were, what would, why, worth it, write,
    bài phát biểu, bài đăng, các cách, cách học, cách làm, cách nấu, cách để, có cách nào, giải thích, gợi ý,
    hướng dẫn, khác nhau, kể về, làm sao, làm thế nào, lưu ý, lịch trình, lời khuyên, lợi ích, mô tả, mẹo,
    một vài cách, nên, phân biệt, so sánh, soạn, thế nào, tóm tắt, tại sao, viết giúp, viết lại, viết một,
    vài cách, vì sao, ưu nhược điểm, ưu và nhược điểm,
""")
# Small talk, unless something is asked beside it.
SMALL_TALK = _phrases("""
    good evening, good morning, good night, haha, hello, hey, hi, how are you, lol, thank you, thanks, wish her,
    wish him, wish me,
    chào, chán ghê, chúc bạn, chúc mình, cảm ơn, kể cho, vui ghê, xin chào,
""")
# Asked for, but answered in a line.
LIGHT = _phrases("""
    a bit more polite, antonym, fix the grammar, fun fact, good name, happy birthday, how do you say,
    is it correct to say, joke, name three, one line, one sentence, plural of, spelled, stand for, stands for,
    synonym, translate,
    bằng tiếng anh, chính tả, dịch, một cái tên, nghĩa là gì, sang tiếng, tiếng anh gọi là, tiếng anh là gì,
""")
# Beginnings of what somebody tells, rather than asks.
TELLING = _phrases("""
    i am, i feel, i had, i just, i was, i'm, it's been, mai, my, our, today, tomorrow, we, yesterday,
    con mình, hôm nay, hôm qua, mình mệt, mình vừa, mình đang, ngày mai, nhà mình, tối nay,
""")
# Beginnings of a question that one fact answers.
FACT_OPENINGS = _phrases("""
    are, capital of, convert, define, did, do, does, has, have, how big, how far, how high, how long, how many,
    how much, how old, how tall, is, was, were, what class, what day, what does, what function, what is,
    what time, what year, what's, when, where, which, who, who's, whose,
""")
# In Vietnamese the word that asks stands anywhere.
FACT_WORDS = _phrases("""
    ai là, ai đứng, bao nhiêu, bằng mấy, là ai, là gì, là mấy, mấy giờ, ngày mấy, ngày nào, nào dài nhất,
    nào lớn nhất, sông nào, thứ mấy, ở đâu,
""")
# By these a question leans on what was said before it.
REFERRING = _phrases("""
    above, again, it, its, that, the same, them, these, they, this, those,
    cái này, cái đó, như vậy, nó, vậy, ở trên,
""")
GOING_ON = _phrases("""
    also, and, but, now, or, so, then, what about,
    còn, thế còn, và, vậy,
""")
