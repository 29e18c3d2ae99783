#include "plugin/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace barker {
namespace {

using ::testing::HasSubstr;

std::string error_of(const char* toml) {
  const auto config = parse_config(toml);
  return config.ok() ? "" : config.status().message();
}

TEST(ParseConfig, TakesDefaultsForAnEmptyText) {
  const auto config = parse_config("");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->window, 50u);
  EXPECT_EQ(config->policy.choose.count, 2u);
  EXPECT_EQ(config->title.open, "<em>");
}

// plugin/README.md is where the keys are documented.
std::string documented_keys() {
  std::ifstream page(BARKER_SOURCE_DIR "/plugin/README.md");
  std::string line, toml;
  bool is_inside = false;
  while (std::getline(page, line)) {
    if (line.starts_with("```")) {
      is_inside = line == "```toml";
    } else if (is_inside) {
      toml += line + "\n";
    }
  }
  return toml;
}

TEST(ParseConfig, HasTheDefaultsThatItsPageShows) {
  const std::string toml = documented_keys();
  const auto shown = parse_config(toml);
  ASSERT_TRUE(shown.ok()) << shown.status().message();
  const Config defaults = *parse_config("");
  EXPECT_EQ(shown->enabled, defaults.enabled);
  EXPECT_EQ(shown->isa, defaults.isa);
  EXPECT_EQ(shown->window, defaults.window);
  EXPECT_EQ(shown->numbers, defaults.numbers);
  EXPECT_EQ(shown->load.storage, defaults.load.storage);
  EXPECT_EQ(shown->load.shared_directory, defaults.load.shared_directory);
  EXPECT_EQ(shown->load.trusted_keys, defaults.load.trusted_keys);
  EXPECT_EQ(shown->latency_gate, defaults.latency_gate);
  EXPECT_EQ(shown->canary_served, defaults.canary_served);
  EXPECT_EQ(shown->canary_compared, defaults.canary_compared);
  EXPECT_EQ(shown->canary_salt, defaults.canary_salt);
  EXPECT_EQ(shown->state_prior_variance, defaults.state_prior_variance);
  EXPECT_EQ(shown->policy.order.bid, defaults.policy.order.bid);
  EXPECT_EQ(shown->policy.order.pctr, defaults.policy.order.pctr);
  EXPECT_EQ(shown->policy.order.first_pass, defaults.policy.order.first_pass);
  EXPECT_EQ(shown->policy.choose.count, defaults.policy.choose.count);
  EXPECT_EQ(shown->policy.choose.minimum_logit, defaults.policy.choose.minimum_logit);
  EXPECT_EQ(shown->policy.choose.lower_bound, defaults.policy.choose.lower_bound);
  EXPECT_EQ(shown->policy.choose.maximum_cosine, defaults.policy.choose.maximum_cosine);
  EXPECT_EQ(shown->policy.choose.duplicates, defaults.policy.choose.duplicates);
  EXPECT_EQ(shown->policy.by, defaults.policy.by);
  EXPECT_EQ(shown->policy.display, defaults.policy.display);
  EXPECT_EQ(shown->policy.is_highlighted, defaults.policy.is_highlighted);
  EXPECT_EQ(shown->policy.exploration.share, defaults.policy.exploration.share);
  EXPECT_EQ(shown->policy.exploration.by, defaults.policy.exploration.by);
  EXPECT_EQ(shown->policy.exploration.prior, defaults.policy.exploration.prior);
  EXPECT_EQ(shown->title.format, defaults.title.format);
  EXPECT_EQ(shown->title.open, defaults.title.open);
  EXPECT_EQ(shown->title.close, defaults.title.close);
  EXPECT_EQ(shown->title.separator, defaults.title.separator);
  EXPECT_EQ(shown->title.max_width, defaults.title.max_width);
  EXPECT_EQ(shown->title.ellipsis, defaults.title.ellipsis);
  EXPECT_EQ(shown->title.feed.modes, defaults.title.feed.modes);
  EXPECT_TRUE(shown->title.feed.spellings.empty());
  constexpr int kKeys = 38;
  int keys = 0;
  std::istringstream lines(toml);
  for (std::string line; std::getline(lines, line);) {
    keys += line.substr(0, line.find('#')).find(" = ") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(keys, kKeys) << "the page shows every key";
}

TEST(ParseConfig, TakesEveryKey) {
  const auto config = parse_config(
      "enabled = false\nisa = \"avx2\"\nwindow = 7\n[order]\nbid = 2\npctr = 0.5\nfirst_pass = 0\n"
      "[selling_points]\ncount = 3\nminimum_score = 0.2\nlower_bound = 1\nmaximum_cosine = "
      "0.5\nduplicates = "
      "\"promote\"\nchoose_by = \"click_rate\"\ndisplay = \"as_listed\"\nhighlight = false\n"
      "[exploration]\nshare = 0.05\nby = \"thompson\"\nprior = 0.5\n"
      "[title]\nformat = \"plain\"\nopen = \"[\"\nclose = \"]\"\nseparator = \" | \"\nmax_width = "
      "40\nellipsis = \"...\"\n");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_FALSE(config->enabled);
  EXPECT_EQ(config->policy.order.bid, 2);
  EXPECT_EQ(config->policy.choose.lower_bound, 1);
  EXPECT_EQ(config->policy.choose.duplicates, Duplicates::kPromote);
  EXPECT_EQ(config->policy.by, ChooseBy::kClickRate);
  EXPECT_EQ(config->policy.display, DisplayOrder::kAsListed);
  EXPECT_FALSE(config->policy.is_highlighted);
  EXPECT_EQ(config->policy.exploration.share, 0.05);
  EXPECT_EQ(config->policy.exploration.by, ExploreBy::kThompson);
  EXPECT_EQ(config->policy.exploration.prior, 0.5f);
  EXPECT_EQ(config->title.open, "[");
  EXPECT_EQ(config->title.max_width, 40u);
}

TEST(ParseConfig, NamesKeyAndLineOfWhatIsWrong) {
  EXPECT_THAT(error_of("\nwindw = 3"), HasSubstr("line 2: windw: no such key"));
  EXPECT_THAT(error_of("[title]\ncolour = 1"), HasSubstr("title.colour: no such key"));
  EXPECT_THAT(error_of("[nonsense]\na = 1"), HasSubstr("nonsense"));
  EXPECT_THAT(error_of("window = \"many\""), HasSubstr("line 1: window: expected an integer"));
  EXPECT_THAT(error_of("window = -1"), HasSubstr("found -1"));
  EXPECT_THAT(error_of("[user_state]\nprior_variance = 0.0"),
              HasSubstr("user_state.prior_variance"));
  EXPECT_THAT(error_of("[selling_points]\ncount = 4"), HasSubstr("from 0 to 3, found 4"));
  EXPECT_THAT(error_of("[order]\nbid = nan"), HasSubstr("order.bid"));
  EXPECT_THAT(error_of("[title]\nformat = \"pdf\""), HasSubstr("html, ansi or plain"));
  EXPECT_THAT(error_of("a = = 1"), HasSubstr("line 1"));
}

uint32_t count_on(const Config& config, std::string_view surface) {
  Policy policy = config.policy;
  config.fit_to_surface(surface, policy);
  return policy.choose.count;
}

TEST(Config, ReadsWidthProfiles) {
  const auto config = parse_config(
      "[selling_points]\ncount = 2\n[title.profile.mobile]\nmax_width = 40\nselling_points = 1\n"
      "[title.profile.wide]\nselling_points = 3\n[title]\nmax_width = 80\nformat = \"plain\"\n");
  ASSERT_TRUE(config.ok()) << config.status().message();
  const WidthProfile* const mobile = config->profile("mobile");
  ASSERT_NE(mobile, nullptr);
  EXPECT_EQ(config->title_for(mobile).max_width, 40u);
  EXPECT_EQ(config->title_for(mobile).format, TitleFormat::kPlain) << "as [title] says, wherever";
  EXPECT_EQ(count_on(*config, "mobile"), 1u);
  const WidthProfile* const wide = config->profile("wide");
  ASSERT_NE(wide, nullptr);
  EXPECT_EQ(config->title_for(wide).max_width, 80u);
  EXPECT_EQ(count_on(*config, "wide"), 2u) << "a profile takes away and never adds";
  EXPECT_EQ(config->profile("Mobile"), nullptr);
  EXPECT_EQ(config->profile(""), nullptr);
  EXPECT_EQ(count_on(*config, ""), 2u);
  EXPECT_EQ(config->title_for(nullptr).max_width, 80u);
}

TEST(Config, ReadsTheRulesForFeeds) {
  const auto config = parse_config(
      "[title.feed]\ncapitals = \"fix\"\nrepeats = \"warn\"\nspellings = [\"adidas\"]\n"
      "[title.profile.mobile]\nmax_width = 40\n");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->title.feed.mode(FeedRule::kCapitals), FeedMode::kFix);
  EXPECT_EQ(config->title.feed.mode(FeedRule::kRepeats), FeedMode::kWarn);
  EXPECT_EQ(config->title.feed.mode(FeedRule::kPunctuation), FeedMode::kOff);
  EXPECT_EQ(config->profile("mobile")->title.feed.modes, config->title.feed.modes);
  EXPECT_TRUE(config->untouched_title.feed.are_all_off());
  EXPECT_THAT(
      error_of("[title.feed]\ncapitals = \"on\""),
      HasSubstr("line 2: title.feed.capitals: expected one of off, warn, fix, found \"on\""));
  EXPECT_THAT(error_of("[title.feed]\nemoji = \"fix\""),
              HasSubstr("line 2: title.feed.emoji: no such key"));
  EXPECT_THAT(error_of("[title.feed]\nspellings = [\"two words\"]"),
              HasSubstr("title.feed.spellings: expected words without spaces"));
}

TEST(Config, NamesWhatIsWrongInAWidthProfile) {
  EXPECT_THAT(error_of("[title.profile.mobile]\nwidth = 40"),
              HasSubstr("line 2: title.profile.mobile.width: no such key"));
  EXPECT_THAT(error_of("[title.profile.m]\nselling_points = 4"),
              HasSubstr("line 2: title.profile.m.selling_points: expected an integer from 0 to 3"));
  EXPECT_THAT(error_of("[title]\nprofile = 1"),
              HasSubstr("line 2: title.profile: expected a table, found integer"));
  EXPECT_THAT(error_of("[title.profile]\nmobile = 1"),
              HasSubstr("line 2: title.profile.mobile: expected a table"));
  EXPECT_THAT(error_of("[title.profile.\"\"]\nmax_width = 1"), HasSubstr("name of a profile"));
}

TEST(Config, NamesWhatWasExpectedOfAChoice) {
  EXPECT_EQ(parse_config("numbers = \"screened\"")->numbers, Numbers::kScreened);
  EXPECT_EQ(parse_config("memory = \"copied\"")->load.storage, Storage::kCopied);
  EXPECT_NE(
      parse_config("numbers = \"int4\"").status().message().find("file, exact, fast, screened"),
      std::string::npos);
  EXPECT_NE(parse_config("memory = \"disk\"").status().message().find("disk"), std::string::npos);
}

TEST(Config, TurnsTheMinimumScoreIntoALogit) {
  EXPECT_EQ(parse_config("")->policy.choose.minimum_logit, -INFINITY);
  EXPECT_FLOAT_EQ(
      parse_config("[selling_points]\nminimum_score = 0.5")->policy.choose.minimum_logit, 0);
  EXPECT_EQ(parse_config("[selling_points]\nminimum_score = 1")->policy.choose.minimum_logit,
            INFINITY);
}

}  // namespace
}  // namespace barker
