"""The phrases by which a message shows what it wants, in English and Vietnamese. A phrase of several words must stand
together."""

from __future__ import annotations

from chat.understanding.reading import Phrases

# The end of a conversation, where a message says nothing else.
GOODBYE = Phrases(
    """
    bye, bye bye, bye-bye, goodbye, good bye, good night, see you, see you later, see you soon, see you
    tomorrow, see ya, talk to you later, talk to you tomorrow, ttyl, cya, farewell, take care, have a nice
    day, have a good day, have a good one, have a great day, have a nice evening, have a nice weekend, that's
    all, that is all, that's all for now, that's all for today, that will be all, that's it for now, that's it
    for today, i'm done, we're done, i'm done for today, nothing else, until next time, gotta go, i have to
    go, i have to go now
""",
    """
    tạm biệt, chào tạm biệt, bái bai, hẹn gặp lại, hẹn gặp lại bạn, gặp lại sau, chúc ngủ ngon, ngủ ngon, chúc
    bạn ngủ ngon, hết rồi, thế thôi, vậy thôi, chỉ vậy thôi, chỉ thế thôi, hôm nay thế thôi, tôi đi đây, mình
    đi đây, chúc một ngày tốt lành, chúc bạn một ngày tốt lành, không còn gì nữa
""",
)
# What somebody thinks of an answer, where a message says nothing else; before more, it is passed over.
FEEDBACK = Phrases(
    """
    thanks, thanks a lot, thanks so much, thank you, thank you so much, thank you very much, many thanks, thx,
    ty, cheers, much appreciated, i appreciate it, appreciate it, great, great job, great answer, good, good
    job, good answer, nice, nice one, perfect, excellent, awesome, amazing, wonderful, brilliant, fantastic,
    cool, well done, love it, i love it, like it, i like it, i like that, very good, very helpful, very nice,
    helpful, that helps, that helped, that's helpful, that was helpful, that's great, that's perfect, that's
    good, that's very helpful, this is great, this is perfect, this is good, this is helpful, exactly, exactly
    right, that's right, that is right, you're right, you are right, that worked, it worked, it works, that
    works, it works now, works now, makes sense, that makes sense, got it, i got it, i see, ok, okay,
    understood, all good, fair enough, wrong, that's wrong, that is wrong, this is wrong, you're wrong, not
    right, that's not right, that is not right, that's not correct, that is not correct, this is not correct,
    that's incorrect, incorrect, not helpful, that's not helpful, this is not helpful, bad answer, useless,
    terrible, that didn't work, that doesn't work, it doesn't work, it didn't work, not good, not good enough,
    i don't like it, lol, haha, wow
""",
    """
    cảm ơn, cám ơn, cảm ơn bạn, cám ơn bạn, cảm ơn nhiều, cảm ơn bạn nhiều, cám ơn nhiều, cảm ơn rất nhiều,
    xin cảm ơn, tuyệt, tuyệt vời, quá tuyệt, tuyệt quá, hay quá, hay lắm, rất hay, tốt, tốt lắm, tốt quá, rất
    tốt, giỏi quá, hoàn hảo, hữu ích, rất hữu ích, hữu ích lắm, đúng rồi, đúng vậy, chính xác, chuẩn, chuẩn
    rồi, hiểu rồi, tôi hiểu rồi, mình hiểu rồi, em hiểu rồi, được rồi, sai, sai rồi, bạn sai rồi, không đúng,
    chưa đúng, câu trả lời sai, không hữu ích, dở quá, tệ quá, dở, tệ, không được, vẫn không được, chạy được
    rồi
""",
)
# What stands beside both, and says nothing by itself.
POLITE = Phrases(
    """
    so, so much, very much, a lot, much, again, really, now, then, for now, for today, for your help, for the
    help, for that, for this, for everything, for explaining, all, everyone, and, but, well, oh, ah, yes,
    yeah, yep, yup, no, nope, very, just, please, my friend, dear, hi, hello, hey, man, sir, it, here, too,
    also
""",
    """
    nhé, nha, nhá, ạ, à, ừ, vâng, dạ, rồi, nhiều, lắm, quá, rất, bạn, nhiều nhé, vì đã giúp, đã giúp, vì đã
    giúp đỡ, thôi, em, anh, chị, nhưng, và, thì, xin, chào, xin chào, ơi, cả nhà, hôm nay, đi, luôn
""",
)
# The person says what they meant, or asks what was meant.
CLARIFICATION = Phrases(
    """
    i mean, i meant, what i mean, what i meant, no i mean, no i meant, sorry i mean, sorry i meant, actually i
    meant, to clarify, to be clear, let me clarify, let me rephrase, in other words, what do you mean, what
    did you mean, what does that mean, what does this mean, what's that supposed to mean, can you clarify,
    could you clarify, please clarify, clarify, i don't understand, i do not understand, i didn't understand,
    i don't get it, i'm confused, that's not what i meant, that is not what i meant, that's not what i asked,
    not what i asked, i was asking, i am asking, i'm asking, i was talking about, i'm talking about
""",
    """
    ý tôi là, ý mình là, ý em là, tôi muốn nói là, ý tôi không phải, không phải ý tôi, ý bạn là, ý bạn là gì,
    bạn nói vậy là sao, nghĩa là sao, là sao, tôi không hiểu, mình không hiểu, em không hiểu, chưa hiểu, tôi
    chưa hiểu, mình chưa hiểu, nói rõ hơn, bạn nói rõ hơn, tôi đang hỏi, nói cách khác
""",
)
NEW_TOPIC = Phrases(
    """
    new topic, new question, new subject, different topic, different question, different subject, another
    question, another topic, a different question, a different topic, an unrelated question, unrelated,
    unrelated question, on another note, on a different note, on another topic, by the way, btw, changing the
    subject, change of subject, change of topic, change the subject, let's change the subject, let's change
    the topic, let's talk about something else, let's talk about something different, something else,
    something different, forget that, forget about that, forget it, moving on, let's move on, next topic, next
    question
""",
    """
    chủ đề khác, chủ đề mới, câu hỏi khác, câu hỏi mới, chuyển chủ đề, đổi chủ đề, chuyển sang chủ đề khác,
    sang chuyện khác, chuyện khác, nói chuyện khác, hỏi chuyện khác, nhân tiện, tiện thể, cho hỏi chuyện khác,
    bỏ qua chuyện đó, không liên quan, một câu hỏi khác
""",
)
# By themselves they ask for more of what was said; before more, they tie it to that.
GOING_ON = Phrases(
    """
    and, but, or, also, so, then, what about, how about, what if, and if, why, why not, how so, how come, go
    on, continue, keep going, carry on, more, tell me more, more details, more detail, more examples, another
    one, another example, one more, an example, for example, examples, such as, like what, elaborate, expand,
    expand on, in more detail, shorter, longer, simpler, again, once more, try again, next, anything else,
    what else, else, in english, in vietnamese, really, are you sure
""",
    """
    còn, thế còn, vậy còn, và, nhưng, thế, vậy, vậy thì, thế thì, nếu, còn nếu, tại sao, vì sao, sao vậy, sao
    thế, tiếp, tiếp tục, tiếp đi, nói tiếp, kể tiếp, viết tiếp, thêm, nói thêm, kể thêm, cho thêm, cho ví dụ,
    ví dụ, ví dụ như, chi tiết hơn, ngắn hơn, dài hơn, đơn giản hơn, một cái nữa, nữa, lần nữa, làm lại, viết
    lại, còn gì nữa, bạn chắc không, chắc không, thật không, bằng tiếng anh, bằng tiếng việt
""",
)
# What may stand before a request, and says nothing of it.
REQUEST_OPENING = Phrases(
    """
    please, can you, could you, would you, will you, can you please, could you please, would you please, would
    you mind, i want you to, i need you to, i'd like you to, i would like you to, i want to, i need to, i'd
    like to, i would like to, help me, help me to, can you help me, could you help me, let's, kindly, now,
    just, ok, okay, hi, hello, hey, so, next, first
""",
    """
    hãy, làm ơn, xin hãy, vui lòng, bạn có thể, có thể, bạn hãy, giúp tôi, giúp mình, giúp em, bạn giúp tôi,
    bạn giúp mình, cho tôi, cho mình, tôi muốn, mình muốn, tôi cần, mình cần, tôi muốn bạn, mình muốn bạn, bây
    giờ, xin chào, chào bạn, nhờ bạn
""",
)
COMMAND = Phrases(
    """
    add, analyse, analyze, answer, arrange, book, brainstorm, build, calculate, change, check, choose,
    classify, clean, combine, compare, complete, compose, compute, continue, convert, correct, count, create,
    debug, define, delete, describe, design, develop, discuss, draft, draw, edit, estimate, evaluate, explain,
    extract, fill, find, fix, format, generate, give, give me, go through, help, identify, implement, improve,
    list, make, merge, name, optimise, optimize, organise, organize, outline, paraphrase, pick, plan, play,
    prepare, proofread, prove, provide, rank, read, recommend, refactor, remove, rename, repeat, rephrase,
    replace, reply, review, rewrite, run, say, search, send, set up, shorten, show, show me, simplify, solve,
    sort, split, start, stop, suggest, summarise, summarize, sum up, teach, teach me, tell, tell me, test,
    think of, translate, try, turn, update, use, verify, walk me through, write
""",
    """
    viết, viết lại, dịch, tạo, làm, lập, liệt kê, kể, giải thích, tóm tắt, so sánh, sửa, sửa lại, thêm, bớt,
    xóa, xoá, đổi, chuyển, tính, tìm, kiểm tra, phân tích, mô tả, gợi ý, đề xuất, soạn, thiết kế, lên kế
    hoạch, chỉ cho tôi, hướng dẫn, cho biết, nêu, trình bày, chứng minh, giải, đặt tên, chọn, vẽ, sắp xếp, rút
    gọn, đưa ra, nói, trả lời, bổ sung, cải thiện, tối ưu
""",
)
# In English a question shows by its first word.
QUESTION_OPENING = Phrases("""
    what, what's, whats, who, who's, whose, whom, when, where, where's, why, how, how's, which, is, isn't,
    are, aren't, was, wasn't, were, do, does, doesn't, don't, did, didn't, can, can't, could, couldn't,
    should, shouldn't, would, will, won't, may, might, must, has, have, hasn't, haven't, had, am, any, is
    there, are there
""")
# In Vietnamese the word that asks stands anywhere, or at the end.
QUESTION_WORD = Phrases(
    vietnamese="""
    gì, cái gì, là gì, nào, thế nào, như thế nào, ra sao, tại sao, vì sao, sao lại, làm sao, bao nhiêu, bao
    giờ, bao lâu, bao xa, khi nào, ở đâu, đâu, ai, ai là, là ai, mấy, mấy giờ, có phải, phải chăng, hay không,
    được không, có nên
"""
)
QUESTION_END = Phrases(vietnamese="không, chưa, à, hả, nhỉ, phải không, đúng không, được không, hay không, có không")
# References: what stands for something that was said. Those of the second list do only where something is done with
# them: after a verb or a preposition, or where a question begins; elsewhere they join clauses ("the day that came").
REFERENCE = Phrases(
    """
    it's, its, it, they, they're, them, their, theirs, he, she, him, her, his, hers, that one, this one, the
    one, the ones, those ones, these ones, the other one, the others, the rest, the former, the latter, the
    same, the above, above, the previous, the previous one, mentioned, you said, you mentioned, you wrote,
    your answer, your suggestion, your last answer, your last message, the second one, either of them, both of
    them, each of them
""",
    """
    nó, cái này, cái đó, cái kia, cái ấy, điều này, điều đó, điều ấy, việc này, việc đó, chuyện đó, chuyện
    này, thứ đó, thứ này, người đó, người này, chúng, chúng nó, họ, anh ấy, cô ấy, ông ấy, bà ấy, ở trên, trên
    đây, bên trên, vừa nói, vừa rồi, vừa nêu, vừa kể, bạn nói, bạn vừa, bạn đã nói, câu trả lời của bạn, ý đó,
    ý này, cái trước, cái sau, cái còn lại, phần còn lại, như vậy, như thế, đoạn trên, câu trên, phương án đó,
    cách đó, cách này
""",
)
POINTER = Phrases("this, that, these, those")
BEFORE_POINTER = Phrases("""
    about, of, like, with, for, to, from, in, on, after, before, without, under, into, than, by, at, is, are,
    was, were, does, do, did, can, could, would, should, will, isn't, doesn't, what's, how's, explain, fix,
    translate, summarise, summarize, rewrite, shorten, improve, simplify, repeat, use, try, change, check,
    review, make, turn, convert, describe, show, put, say, do, add, compare, why, and, but, all, both
""")
# "it" that stands for nothing.
EMPTY_IT = Phrases("""
    it is raining, it rains, it is said, it is known that, it seems, it takes, is it possible, is it true, is
    it ok, is it okay, is it safe, is it legal, is it worth, is it better, is it normal, is it bad, is it
    good, is it time, is it correct, is it necessary, is it hard, is it easy, is it common, is it raining,
    does it take, it's raining, it's possible, it's true, it's time, what time is it, what day is it, how long
    does it take, does it rain, make it to, was it like, is it like
""")
