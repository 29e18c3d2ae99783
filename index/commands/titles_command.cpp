// barker titles: the titles of a catalogue before and after, for a person to review.
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/catalogue/wrong_format.h"
#include "index/commands/commands.h"
#include "index/profiles/profiles.h"
#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/base/lines.h"
#include "models/base/number_text.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "plugin/host/control.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

constexpr size_t kMaxSmallFile = 1 << 20;  // bytes of a configuration or of rules
constexpr size_t kPage = 256;              // ads that are asked about together
constexpr size_t kExamples = 3;            // of each rule, in the summary

struct TitlesFlags {
  std::string ads, weights, config, rules, plugin, users, user, query, surface;
  std::vector<std::string> user_keywords;
  size_t limit = SIZE_MAX;
  bool json = false, changed = false;
};

struct Rule {
  const char* name;
  uint32_t flag;
};
constexpr std::array<Rule, 4> kRules = {{{"decorations", BARKER_RESULT_DECORATIONS},
                                         {"punctuation", BARKER_RESULT_PUNCTUATION},
                                         {"repeats", BARKER_RESULT_REPEATS},
                                         {"capitals", BARKER_RESULT_CAPITALS}}};

// One title, before and after.
struct Reviewed {
  std::string id, before, after;
  std::vector<std::pair<std::string, double>> selling_points;
  uint32_t flags = 0;

  // Titles that were only cleaned or escaped are not changed.
  bool is_changed() const { return after != before && after != html_escaped(before); }
  std::vector<std::string> rules() const {
    std::vector<std::string> names;
    for (const Rule& rule : kRules) {
      if ((flags & rule.flag) != 0) names.emplace_back(rule.name);
    }
    return names;
  }
};

// What is printed behind all titles.
class Summary {
 public:
  void add(const Reviewed& title) {
    ++titles_;
    changed_ += title.is_changed();
    with_selling_points_ += !title.selling_points.empty();
    for (size_t i = 0; i < kRules.size(); ++i) {
      if ((title.flags & kRules[i].flag) == 0) continue;
      ++fired_[i];
      if (examples_[i].size() < kExamples) examples_[i].push_back({title.before, title.after});
    }
  }

  void print() const {
    std::cout << titles_ << " titles, " << changed_ << " changed, " << with_selling_points_
              << " with selling points\n";
    for (size_t i = 0; i < kRules.size(); ++i) {
      std::cout << "rule " << kRules[i].name << ": " << fired_[i] << "\n";
      for (const auto& [before, after] : examples_[i]) {
        std::cout << "  - " << before << "\n  + " << after << "\n";
      }
    }
  }

  void print_json() const {
    nlohmann::ordered_json rules = nlohmann::ordered_json::object();
    for (size_t i = 0; i < kRules.size(); ++i) {
      nlohmann::ordered_json examples = nlohmann::ordered_json::array();
      for (const auto& [before, after] : examples_[i]) {
        examples.push_back({{"before", before}, {"after", after}});
      }
      rules[kRules[i].name] = {{"titles", fired_[i]}, {"examples", std::move(examples)}};
    }
    const nlohmann::ordered_json line = {{"summary",
                                          {{"titles", titles_},
                                           {"changed", changed_},
                                           {"with_selling_points", with_selling_points_},
                                           {"rules", std::move(rules)}}}};
    std::cout << line.dump() << "\n";
  }

 private:
  uint64_t titles_ = 0, changed_ = 0, with_selling_points_ = 0;
  std::array<uint64_t, kRules.size()> fired_{};
  std::array<std::vector<std::pair<std::string, std::string>>, kRules.size()> examples_;
};

void print(const Reviewed& title) {
  std::cout << visible(title.id) << "\n  - " << title.before << "\n  + " << title.after << "\n";
  for (const auto& [text, score] : title.selling_points) {
    std::cout << "    " << rounded_number_text(score, 3) << "  " << visible(text) << "\n";
  }
  const std::vector<std::string> rules = title.rules();
  if (!rules.empty()) std::cout << "    rules: " << join(rules, ',') << "\n";
}

void print_json(const Reviewed& title) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (const auto& [text, score] : title.selling_points) {
    points.push_back({{"text", text}, {"score", score}});
  }
  const nlohmann::ordered_json line = {
      {"id", title.id},         {"before", title.before},
      {"after", title.after},   {"selling_points", std::move(points)},
      {"rules", title.rules()}, {"changed", title.is_changed()}};
  std::cout << line.dump() << "\n";
}

// A plugin of the command's own, with weights and rules.
class OwnPlugin {
 public:
  OwnPlugin() = default;
  OwnPlugin(const OwnPlugin&) = delete;
  ~OwnPlugin() {
    if (plugin_) api_->destroy(plugin_);
  }

  Status open(const TitlesFlags& options) {
    // Marks that a person can read; a configuration says what it wants instead.
    std::string config = "[title]\nformat = \"plain\"\nopen = \"[\"\nclose = \"]\"\n";
    if (!options.config.empty()) {
      Result<std::string> given = read_small_file(options.config, kMaxSmallFile);
      if (!given.ok()) return given.status();
      config = *std::move(given);
    }
    const Result<const barker_api*> api =
        load_plugin(options.plugin.empty() ? default_plugin_path() : options.plugin);
    if (!api.ok()) return api.status();
    api_ = *api;
    char error[BARKER_ERROR_SIZE] = "";
    const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
    const int32_t code = api_->create(&host, as_string(config), &plugin_, error);
    if (code != BARKER_OK) {
      const Status status = plugin_error(code, error);
      return Status(status.code(), options.config + ": " + status.message());
    }
    const Control control(*api_, plugin_);
    if (!options.rules.empty()) {
      const Result<std::string> rules = read_small_file(options.rules, kMaxSmallFile);
      if (!rules.ok()) return rules.status();
      if (Status s = control.load_rules(*rules); !s.ok()) {
        return Status(s.code(), options.rules + ": " + s.message());
      }
    }
    return control.load(options.weights).status();
  }

  const barker_api& api() const { return *api_; }
  barker_plugin* get() const { return plugin_; }
  bool knows(const std::string& surface) const {
    return surface.empty() || Control(*api_, plugin_).stats().unknown_surfaces == 0;
  }

 private:
  const barker_api* api_ = nullptr;
  barker_plugin* plugin_ = nullptr;
};

// Asks about pages of ads and prints their titles in the order of the feed.
class Review {
 public:
  Review(const OwnPlugin& plugin, const TitlesFlags& options, Profile user)
      : options_(options), user_(std::move(user)), session_(plugin.api(), plugin.get()) {}

  Status add(CatalogueAd ad) {
    page_.push_back(std::move(ad));
    return page_.size() == kPage ? finish_page() : Status();
  }

  Status finish_page() {
    if (page_.empty()) return {};
    fill_request();
    if (Status s = session_.rescore(); !s.ok()) return s;
    if (session_.response().status != BARKER_STATUS_RESCORED) {
      return Status(Code::kFailedPrecondition,
                    std::string("the titles were not rewritten: ") + session_.reason());
    }
    std::vector<Reviewed> titles(page_.size());
    for (size_t rank = 0; rank < session_.size(); ++rank) {
      const AnsweredAd answer = session_.answer(rank);
      Reviewed& title = titles[answer.index];
      title.id = page_[answer.index].id;
      title.before = visible(page_[answer.index].title);
      title.after = answer.title;
      title.flags = session_.results()[rank].flags;
      for (const barker_chosen& chosen : answer.chosen) {
        title.selling_points.emplace_back(answer.text_of(chosen), chosen.score);
      }
    }
    for (const Reviewed& title : titles) show(title);
    page_.clear();
    return {};
  }

  void print_summary() const { options_.json ? summary_.print_json() : summary_.print(); }

 private:
  void show(const Reviewed& title) {
    summary_.add(title);
    if (printed_ == options_.limit || (options_.changed && !title.is_changed())) return;
    ++printed_;
    options_.json ? print_json(title) : print(title);
  }

  void fill_request() {
    session_.start(options_.query, user_.user);
    for (const std::string& keyword : user_.keywords) session_.add_user_keyword(keyword);
    for (const auto& [name, tokens] : user_.groups) {
      session_.add_group(name);
      for (const std::string& token : tokens) session_.add_token(token);
    }
    session_.request().surface = as_string(options_.surface);
    session_.request().window = page_.size();
    for (const CatalogueAd& given : page_) {
      barker_ad& ad = session_.add_ad();
      ad.id = as_string(given.id);
      ad.title = as_string(given.title);
      ad.merchant = as_string(given.merchant);
      ad.category = as_string(given.category);
      ad.bid = ad.first_pass_score = 1;
      ad.flags = given.opt_out ? BARKER_AD_OPT_OUT : 0;
      for (const std::string& point : given.selling_points) session_.add_selling_point(point);
    }
  }

  const TitlesFlags& options_;
  const Profile user_;
  Session session_;
  std::vector<CatalogueAd> page_;
  Summary summary_;
  size_t printed_ = 0;
};

Result<Profile> find_user(const TitlesFlags& options) {
  Profile profile;
  if (!options.users.empty()) {
    BadLines bad;
    const auto profiles = read_profiles(options.users, bad);
    if (!profiles.ok()) return profiles.status();
    std::cerr << visible_lines(bad.report(options.users));
    if (const auto found = profiles->find(options.user); found != profiles->end()) {
      profile = found->second;
    } else {
      std::cerr << "barker titles: user \"" << visible(options.user) << "\" is not in "
                << visible(options.users) << ": titles are those of a stranger\n";
    }
  }
  profile.user = options.user;
  if (!options.user_keywords.empty()) profile.keywords = options.user_keywords;
  return profile;
}

// Reads the feed line by line, so that the memory does not grow with it.
Status review_feed(const std::string& path, Review& review, BadLines& bad, FeedNotes& notes) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  bool is_first = true;
  std::string_view line;
  while (lines->next(line)) {
    if (line.find_first_not_of(" \t") == line.npos) continue;
    if (std::exchange(is_first, false)) {
      const std::string wrong = wrong_format(line, path);
      if (!wrong.empty()) return bad_data(path + ": " + wrong);
    }
    notes.set_line(lines->number());
    Result<CatalogueAd> ad = parse_ad(line, notes);
    if (!ad.ok()) {
      bad.add(lines->number(), reportable(ad.status().message()));
    } else if (Status s = review.add(*std::move(ad)); !s.ok()) {
      return s;
    }
  }
  if (!lines->status().ok()) return lines->status();
  return review.finish_page();
}

Result<int> run(const TitlesFlags& options) {
  const Result<Profile> user = find_user(options);
  if (!user.ok()) return user.status();
  OwnPlugin plugin;
  if (Status s = plugin.open(options); !s.ok()) return s;
  Review review(plugin, options, *user);
  BadLines bad;
  FeedNotes notes;
  const Status reviewed = review_feed(options.ads, review, bad, notes);
  std::cerr << visible_lines(bad.report(options.ads)) << visible_lines(notes.report(options.ads));
  if (!reviewed.ok()) return reviewed;
  review.print_summary();
  if (!plugin.knows(options.surface)) {
    std::cerr << "barker titles: the configuration has no [title.profile." +
                     visible(options.surface) + "]: titles are as [title] says\n";
  }
  return kExitOk;
}

void add_output_options(CLI::App& command, TitlesFlags& o) {
  command.add_option("--surface", o.surface, "Width profile of the configuration, such as mobile")
      ->type_name("NAME")
      ->group(kOutput);
  command.add_option("--limit", o.limit, "Number of titles to print; the summary is of all")
      ->check(CLI::Range(0, 1'000'000'000))
      ->default_str("all")
      ->group(kOutput);
  command.add_flag("--changed", o.changed, "Print only titles that are changed")->group(kOutput);
  command.add_flag("--json", o.json, "Print one JSON object a title, and one for the summary")
      ->group(kOutput);
}

}  // namespace

Command add_titles_command(CLI::App& app) {
  const auto options = std::make_shared<TitlesFlags>();
  TitlesFlags& o = *options;
  CLI::App* command =
      add_subcommand(app, "titles", "Print the titles of a catalogue before and after, for review");
  command->add_option("--ads", o.ads, "Catalogue as JSON Lines (index/catalogue/CATALOGUE.md)")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  command->add_option("--query", o.query, "What the user searches for")
      ->type_name("QUERY")
      ->group(kInput);
  command->add_option("--users", o.users, "Profiles as JSON Lines (index/profiles/profiles.h)")
      ->type_name(kFile)
      ->group(kUser);
  command->add_option("--user", o.user, "Id of the user")->type_name("ID")->group(kUser);
  command
      ->add_option("--user-keywords", o.user_keywords,
                   "Keywords of recent clicks, newest first, separated by commas")
      ->delimiter(',')
      ->type_name("WORDS")
      ->group(kUser);
  command
      ->add_option("--weights", o.weights,
                   "Weight file, or weights directory for its CURRENT version")
      ->required()
      ->type_name(kFileOrDirectory)
      ->group(kModel);
  command->add_option("--config", o.config, "TOML configuration of the plugin")
      ->type_name(kFile)
      ->group(kModel);
  command->add_option("--rules", o.rules, "TOML file of what must not be shown (plugin/rules.h)")
      ->type_name(kFile)
      ->group(kModel);
  command->add_option("--plugin", o.plugin, "libbarker.so")
      ->type_name(kFile)
      ->default_str("beside this command")
      ->group(kModel);
  add_output_options(*command, o);
  return [options] { return run(*options); };
}

}  // namespace barker
