#include "plugin/rewrite.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace barker {
namespace {

struct Rewritten {
  std::string text;
  std::vector<Placed> placed;
  std::string slice(size_t i) const {
    return text.substr(placed[i].begin, placed[i].end - placed[i].begin);
  }
};

Rewritten rewrite(std::string_view title, const std::vector<Prefix>& prefixes,
                  const TitlePolicy& policy = {}) {
  Rewritten out{"", std::vector<Placed>(prefixes.size())};
  rewrite_title(title, prefixes, policy, out.text, out.placed.data(), nullptr);
  return out;
}

TitlePolicy plain(uint64_t width) {
  TitlePolicy policy;
  policy.format = TitleFormat::kPlain;
  policy.open = policy.close = "";
  policy.max_width = width;
  return policy;
}

TEST(RewriteTitle, PutsMarkedSellingPointsFirst) {
  const Rewritten r = rewrite("Running shoes", {{"waterproof"}, {"free shipping"}});
  EXPECT_EQ(r.text, "<em>waterproof</em> <em>free shipping</em> Running shoes");
  EXPECT_EQ(r.slice(0), "waterproof");
  EXPECT_EQ(r.slice(1), "free shipping");
}

TEST(RewriteTitle, EscapesFeedsInHtmlAndOnlyFeeds) {
  const Rewritten r = rewrite("<script>alert('x')</script> & \"co\"", {{"<b>big</b>"}});
  EXPECT_EQ(r.text,
            "<em>&lt;b&gt;big&lt;/b&gt;</em> &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; "
            "&quot;co&quot;");
}

TEST(RewriteTitle, RemovesControlsAndDeceptiveCharacters) {
  EXPECT_EQ(rewrite("a\x1b[31mb\nc", {}, plain(0)).text, "a [31mb c");
  EXPECT_EQ(rewrite("evil\u202Etxt\u200B\u2066x\uFEFF", {}, plain(0)).text, "eviltxtx");
}

TEST(RewriteTitle, KeepsEmojiSequencesWhole) {
  EXPECT_EQ(rewrite("👩‍🚀 suit", {}, plain(0)).text, "👩‍🚀 suit");
  EXPECT_EQ(display_width("👩‍🚀"), 2u);
}

TEST(RewriteTitle, CountsEastAsianWideDouble) {
  EXPECT_EQ(display_width("补水ab"), 6u);
  EXPECT_EQ(rewrite("补水保湿面膜正品", {}, plain(10)).text, "补水保湿…");
}

TEST(RewriteTitle, CountsFlagsKanaAndThaiAsTheyAreDrawn) {
  EXPECT_EQ(rewrite("🇩🇪🇨🇳🇫🇷🇮🇹", {}, plain(5)).text, "🇩🇪🇨🇳…");
  EXPECT_EQ(rewrite("ｶﾞｷﾞｸﾞｹﾞ", {}, plain(5)).text, "ｶﾞｷﾞ…");
  EXPECT_EQ(rewrite("กำกำกำกำ", {}, plain(5)).text, "กำกำ…");
  EXPECT_EQ(rewrite("काकाकाका", {}, plain(5)).text, "काका…");
}

TEST(RewriteTitle, NeverCutsACharacterThatAReaderSeesAsOne) {
  for (const std::string whole :
       {"👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "1️⃣", "กำ", "ｶﾞ", "क्ष", "é", "한"}) {
    std::string title;
    for (int i = 0; i < 8; ++i) title += whole;
    for (uint64_t width = 1; width < 16; ++width) {
      std::string cut = rewrite(title, {}, plain(width)).text;
      EXPECT_LE(display_width(cut), width) << whole;
      EXPECT_TRUE(cut == title || cut.ends_with("…")) << cut;
      if (cut.ends_with("…")) cut.resize(cut.size() - std::string_view("…").size());
      EXPECT_EQ(cut.size() % whole.size(), 0u) << cut;
    }
  }
}

TEST(RewriteTitle, UsesTheEllipsisAndSeparatorThatAreConfigured) {
  TitlePolicy policy = plain(12);
  policy.ellipsis = "...";
  policy.separator = "｜";
  EXPECT_EQ(policy.ellipsis.columns(), 3u);
  EXPECT_EQ(policy.separator.columns(), 2u);
  EXPECT_EQ(rewrite("Running shoes", {{"dry"}}, policy).text, "dry｜Runn...");
}

TEST(RewriteTitle, CutsAtAWordWithTheEllipsis) {
  EXPECT_EQ(rewrite("Running shoes for everyone", {}, plain(16)).text, "Running shoes…");
}

TEST(RewriteTitle, LeavesOutWhatDoesNotFit) {
  const Rewritten r =
      rewrite("Shoes", {{"ok"}, {"a selling point that is far too long"}}, plain(20));
  EXPECT_EQ(r.text, "ok Shoes");
  EXPECT_EQ(r.placed[1].begin, r.placed[1].end);
}

TEST(RewriteTitle, FoldsTheSpacesOfASellingPoint) {
  EXPECT_EQ(rewrite("Kettle", {{" free \t shipping\u3000"}, {"\u00A0 "}}, plain(0)).text,
            "free shipping Kettle");
}

TEST(RewriteTitle, IsolatesWhatIsWrittenInTheOtherDirection) {
  TitlePolicy policy;
  EXPECT_EQ(rewrite("Kettle", {{"חדש"}}, policy).text, "<bdi><em>חדש</em></bdi> Kettle");
  EXPECT_EQ(rewrite("קומקום 2", {{"new"}}, policy).text, "<em>new</em> <bdi>קומקום 2</bdi>");
  EXPECT_EQ(rewrite("水壶 é", {{"防水"}}, policy).text, "<em>防水</em> 水壶 é");
  policy.page = PageDirection::kRightToLeft;
  EXPECT_EQ(rewrite("קומקום 2", {{"new"}}, policy).text, "<bdi><em>new</em></bdi> קומקום 2");
  policy.page = PageDirection::kUnknown;
  EXPECT_EQ(rewrite("Kettle", {{"חדש"}}, policy).text, "<em>חדש</em> Kettle");
  EXPECT_EQ(rewrite("Kettle", {{"חדש"}}, plain(0)).text, "חדש Kettle");
}

TEST(RewriteTitle, CutsInsideOfAnIsolation) {
  TitlePolicy policy;
  policy.max_width = 9;
  const Rewritten r = rewrite("קומקום גדול מאוד", {}, policy);
  EXPECT_EQ(r.text, "<bdi>קומקום…</bdi>");
}

TEST(RewriteTitle, MovesAPromotedSellingPoint) {
  const std::string title = "Shoes waterproof black";
  EXPECT_EQ(rewrite(title, {{"waterproof", 6, 17}}, plain(0)).text, "waterproof Shoes black");
}

TEST(RewriteTitle, LeavesInTheTitleWhatDoesNotFitBeforeIt) {
  const std::string title = "Shoes waterproof black";
  EXPECT_EQ(rewrite(title, {{"waterproof", 6, 17}}, plain(14)).text, "Shoes waterpr…");
}

// What a catalogue keeps of a title must change nothing but the time that it takes to write it.
TEST(RewriteTitle, WritesAPlainTitleAsAnyOther) {
  std::vector<TitlePolicy> policies;
  for (const TitleFormat format : {TitleFormat::kHtml, TitleFormat::kAnsi, TitleFormat::kPlain}) {
    for (const PageDirection page :
         {PageDirection::kLeftToRight, PageDirection::kRightToLeft, PageDirection::kUnknown}) {
      for (const uint64_t width : {0, 12, 30}) {
        for (const FeedMode mode : {FeedMode::kOff, FeedMode::kFix}) {
          TitlePolicy policy;
          policy.format = format;
          policy.page = page;
          policy.max_width = width;
          policy.feed.modes.fill(mode);
          policies.push_back(policy);
        }
      }
    }
  }
  const std::vector<std::vector<Prefix>> prefixes = {
      {}, {{"waterproof"}}, {{.text = "shoes", .cut_begin = 8, .cut_end = 13}}};
  for (const char* title :
       {"", "Running shoes", "Running shoes for SALE!!! and SALE!!! in the long run",
        "補水保湿面膜正品", "Running 100% 👩‍🚀 ★★★ suit"}) {
    ASSERT_TRUE(is_plain_title(title)) << title;
    for (const TitlePolicy& policy : policies) {
      for (const std::vector<Prefix>& some : prefixes) {
        if (!some.empty() && some[0].cut_end > std::string_view(title).size()) continue;
        std::string out[2];
        std::vector<Placed> placed[2] = {std::vector<Placed>(some.size()),
                                         std::vector<Placed>(some.size())};
        FeedRuleMask fired[2];
        for (const bool is_known : {false, true}) {
          rewrite_title(title, some, policy, out[is_known], placed[is_known].data(), nullptr,
                        &fired[is_known], is_known);
        }
        EXPECT_EQ(out[1], out[0]);
        EXPECT_EQ(fired[1], fired[0]);
        for (size_t i = 0; i < some.size(); ++i) EXPECT_EQ(placed[1][i].end, placed[0][i].end);
      }
    }
  }
}

TEST(RewriteTitle, KeepsEveryPropertyOnRandomBytes) {
  std::mt19937 random(11);
  const auto bytes = [&](size_t most) {
    std::string s(random() % most, '\0');
    for (char& c : s)
      c = static_cast<char>(random() % 4 ? "ab <&>\"'\x1b补"[random() % 12] : random());
    return s;
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string title = bytes(60), first = bytes(12), second = bytes(12);
    const uint64_t width = 1 + random() % 40;
    EXPECT_LE(display_width(rewrite(title, {{first}, {second}}, plain(width)).text), width);
    const Rewritten html = rewrite(title, {{first}, {second}});
    std::string rest = html.text;
    for (const std::string mark : {"<em>", "</em>", "<bdi>", "</bdi>"}) {
      for (size_t at; (at = rest.find(mark)) != std::string::npos;) rest.erase(at, mark.size());
    }
    EXPECT_EQ(rest.find_first_of("<>\"'\x1b"), std::string::npos) << rest;
    for (size_t k = 0; k < 2; ++k) {
      ASSERT_LE(html.placed[k].end, html.text.size());
      if (html.placed[k].end > html.placed[k].begin) {
        EXPECT_EQ(html.text.substr(html.placed[k].begin - 4, 4), "<em>");
        EXPECT_EQ(html.text.substr(html.placed[k].end, 5), "</em>");
      }
    }
  }
}

}  // namespace
}  // namespace barker
