#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "index/catalogue/ad_store.h"
#include "index/catalogue/ad_store_generated.h"
#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "plugin/host/extension.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

constexpr size_t kMaxRules = 1 << 20;  // bytes

struct RulesFlags {
  std::string rules, index, plugin;
};

barker_string text_of(const flatbuffers::String* text) {
  return text ? barker_string{text->c_str(), text->size()} : barker_string{};
}

// The ads of a store, as far as rules look at them. The texts stay in the store.
class RuledAds {
 public:
  explicit RuledAds(const AdStore& store) {
    for (size_t i = 0; i < store.size(); ++i) {
      for (const fbs::StoredSellingPoint* point : *store.ad(i).selling_points()) {
        points_.push_back({sizeof(barker_selling_point), text_of(point->text()), 0});
      }
    }
    const barker_selling_point* next = points_.data();
    for (size_t i = 0; i < store.size(); ++i) {
      const fbs::StoredAd& stored = store.ad(i);
      barker_ad& ad = ads_.emplace_back();
      ad.struct_size = sizeof ad;
      ad.id = text_of(stored.id());
      ad.title = text_of(stored.title());
      ad.merchant = text_of(stored.merchant());
      ad.category = text_of(stored.category());
      ad.selling_points = next;
      ad.selling_point_count = stored.selling_points()->size();
      ad.selling_point_stride = sizeof(barker_selling_point);
      next += ad.selling_point_count;
    }
  }
  const std::vector<barker_ad>& ads() const { return ads_; }

 private:
  std::vector<barker_selling_point> points_;
  std::vector<barker_ad> ads_;
};

struct Printed {
  size_t rules = 0, without_hits = 0;
};

void print_rule(void* context, barker_string rule, uint64_t ads, uint64_t selling_points) {
  auto& printed = *static_cast<Printed*>(context);
  ++printed.rules;
  printed.without_hits += ads == 0;
  std::cout << std::right << std::setw(10) << ads << " ads  " << std::setw(10) << selling_points
            << " selling points  " << visible(as_view(rule)) << (ads == 0 ? "  (hits nothing)" : "")
            << "\n";
}

Result<int> run(const RulesFlags& options) {
  const Result<std::string> text = read_small_file(options.rules, kMaxRules);
  if (!text.ok()) return text.status();
  const Result<AdStore> store = AdStore::open(options.index + "/ads.store");
  if (!store.ok()) return store.status();
  const Result<const barker_api*> api =
      load_plugin(options.plugin.empty() ? default_plugin_path() : options.plugin);
  if (!api.ok()) return api.status();
  const auto extension = find_extension<barker_rules>(**api, BARKER_EXT_RULES);
  if (!extension || !extension->check_rules) {
    return Status(Code::kFailedPrecondition, "this plugin lacks " BARKER_EXT_RULES " of ABI 1.3");
  }
  const RuledAds ruled(*store);
  Printed printed;
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code =
      extension->check_rules(barker_string{text->data(), text->size()}, ruled.ads().data(),
                             ruled.ads().size(), sizeof(barker_ad), print_rule, &printed, error);
  if (code != BARKER_OK) {
    const Status status = plugin_error(code, error);
    return Status(status.code(), options.rules + ": " + status.message());
  }
  if (printed.rules == 0) {
    std::cerr << "barker rules: " << visible(options.rules) << " has no rule\n";
  }
  if (printed.without_hits > 0) {
    std::cerr << "barker rules: " << printed.without_hits << " of " << printed.rules
              << " rules hit no ad of " << visible(options.index) << "; are they misspelt?\n";
  }
  return kExitOk;
}

}  // namespace

Command add_rules_command(CLI::App& app) {
  const auto options = std::make_shared<RulesFlags>();
  CLI::App* command = add_subcommand(app, "rules",
                                     "Say what each rule of a file hits in an index, and which hit "
                                     "nothing");
  command->add_option("--check", options->rules, "TOML file of rules (plugin/rules.h)")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  command->add_option("--index", options->index, "Directory that `barker index` wrote")
      ->required()
      ->type_name(kDirectory)
      ->group(kInput);
  command->add_option("--plugin", options->plugin, "libbarker.so")
      ->type_name(kFile)
      ->default_str("beside this command")
      ->group(kModel);
  return [options] { return run(*options); };
}

}  // namespace barker
