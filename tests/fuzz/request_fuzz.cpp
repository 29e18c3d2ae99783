// Requests through the C ABI: any sizes, strides, counts, numbers and texts over memory that is
// there. An error with a message, or an answer whose every offset holds and whose titles carry no
// markup but the marks, no control characters, no overrides of direction, no broken UTF-8.
#include <dlfcn.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "models/text/fingerprint.h"
#include "plugin/barker.h"
#include "tests/fuzz/fuzz.h"
#include "tests/models/text/clean_text.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

struct Loaded {
  const barker_api* api;
  barker_plugin* plugin;
  const barker_canary* canary;
};

const Loaded& loaded() {
  static const Loaded made = [] {
    void* library = dlopen(BARKER_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    promise(library != nullptr, "the plugin can be loaded");
    Loaded l{static_cast<const barker_api*>(dlsym(library, BARKER_ENTRY_SYMBOL)), nullptr, nullptr};
    const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
    const std::string config =
        "[selling_points]\nduplicates = 'promote'\n[title]\nmax_width = 40\n"
        "[canary]\nserved = 0.5\ncompared = 1.0\n";
    char error[BARKER_ERROR_SIZE];
    promise(l.api->create(&host, {config.data(), config.size()}, &l.plugin, error) == BARKER_OK,
            "the configuration is right");
    const std::string path = temporary_path("fuzzed.barker");
    promise(
        write_weight_file(random_model(3), path).ok() &&
            l.api->load_weights(l.plugin, {path.data(), path.size()}, nullptr, error) == BARKER_OK,
        "the weights load");
    l.canary = static_cast<const barker_canary*>(l.api->get_extension(BARKER_EXT_CANARY));
    promise(l.canary->start(l.plugin, {path.data(), path.size()}, nullptr, error) == BARKER_OK,
            "the canary loads");
    return l;
  }();
  return made;
}

// Bytes handed out as what is asked for; zeros when there are no more.
class Source {
 public:
  Source(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  template <typename T>
  T take() {
    T value{};
    const size_t n = std::min(sizeof value, size_);
    if (n > 0) std::memcpy(&value, data_, n);  // there may be no data at all
    data_ += n;
    size_ -= n;
    return value;
  }
  uint64_t below(uint64_t limit) { return take<uint8_t>() % limit; }
  // Mostly `usual`, now and then anything.
  uint64_t mostly(uint64_t usual) { return below(16) == 0 ? take<uint64_t>() : usual; }
  barker_string text() {
    if (below(8) == 0) {
      static const std::string words = "word1 word2 <b>\xE2\x80\xAEword3";
      return {words.data(), below(words.size() + 1)};
    }
    const uint64_t n = std::min<uint64_t>(below(24), size_);
    const barker_string s = {reinterpret_cast<const char*>(data_), n};
    data_ += n;
    size_ -= n;
    return s;
  }
  double number() {
    switch (below(8)) {
      case 0:
        return take<double>();
      default:
        return static_cast<double>(below(100)) / 10;
    }
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

void check_title(std::string title) {
  for (const char* mark : {"<em>", "</em>", "<bdi>", "</bdi>"})
    title = without(std::move(title), mark);
  promise(what_is_markup(title).empty(), "no markup but the marks");
  promise(what_is_unclean(title).empty(), "nothing hidden, reordered or broken");
}

}  // namespace
}  // namespace barker

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  Source source(data, size);
  const uint64_t ad_count = source.below(7), point_count = source.below(6),
                 keyword_count = source.below(5), group_count = source.below(3);
  std::vector<barker_selling_point> points(point_count);
  for (auto& p : points) p = {source.mostly(sizeof p), source.text(), source.below(3)};
  std::vector<uint64_t> title_keywords(4);
  for (auto& k : title_keywords) k = fingerprint("word" + std::to_string(source.below(60)));
  std::vector<barker_ad> ads(ad_count);
  for (auto& ad : ads) {
    ad = {};
    ad.struct_size = source.mostly(sizeof ad);
    ad.id = source.text();
    ad.title = source.text();
    ad.first_pass_score = source.number();
    ad.bid = source.number();
    if (source.below(2)) {
      ad.title_keywords = title_keywords.data();
      ad.title_keyword_count = source.below(5);
    }
    ad.selling_points = source.below(8) ? points.data() : nullptr;
    ad.selling_point_count = source.below(point_count + 1);
    ad.selling_point_stride = source.mostly(sizeof points[0]);
    if (ad.selling_point_stride > sizeof points[0]) ad.selling_point_count = 0;  // stays inside
    ad.flags = source.take<uint8_t>();
    ad.merchant = source.text();
  }
  std::vector<barker_string> keywords(keyword_count), tokens(3);
  for (auto& k : keywords) k = source.text();
  for (auto& t : tokens) t = source.text();
  std::vector<float> weights(3);
  for (auto& w : weights) w = static_cast<float>(source.number());
  const std::string names[] = {"profile", "hist", "query"};
  std::vector<barker_group> groups(group_count);
  for (auto& g : groups) {
    const std::string& name = names[source.below(3)];
    g = {source.mostly(sizeof g),
         {name.data(), name.size()},
         tokens.data(),
         source.below(4),
         source.below(2) ? weights.data() : nullptr};
  }
  barker_request request{};
  request.struct_size = source.mostly(sizeof request);
  if (request.struct_size > sizeof request) request.struct_size = sizeof request;
  request.query = source.text();
  request.user = source.text();
  request.user_keywords = keywords.data();
  request.user_keyword_count = keyword_count;
  request.groups = groups.data();
  request.group_count = group_count;
  request.group_stride = sizeof(barker_group);
  request.ads = source.below(16) ? ads.data() : nullptr;
  request.ad_count = ad_count;
  request.ad_stride = source.mostly(sizeof(barker_ad));
  if (request.ad_stride > sizeof(barker_ad)) request.ad_count = 0;
  request.window = source.mostly(0);
  request.deadline_ns = source.below(4) ? 0 : source.take<uint64_t>();

  std::vector<barker_result_ad> results(ad_count);
  for (auto& r : results) r.struct_size = sizeof r;
  std::vector<char> text(source.below(2) ? 4096 : source.below(200));
  barker_response response{};
  response.struct_size = sizeof response;
  response.ads = results.data();
  response.ad_capacity = source.below(16) ? ad_count : source.below(ad_count + 1);
  response.ad_stride = sizeof(barker_result_ad);
  response.text = text.data();
  response.text_capacity = text.size();
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = loaded().api->rescore(loaded().plugin, &request, &response, error);
  if (code != BARKER_OK) {
    promise(std::memchr(error, 0, sizeof error) != nullptr && error[0] != 0, "an error says why");
    return 0;
  }
  promise(response.ad_count == request.ad_count, "every ad is answered");
  std::vector<bool> seen(request.ad_count);
  for (uint64_t i = 0; i < request.ad_count; ++i) {
    const barker_result_ad& r = results[i];
    promise(r.ad < request.ad_count && !seen[r.ad], "the order is a permutation");
    seen[r.ad] = true;
    promise(
        r.title_offset <= response.text_size && r.title_size <= response.text_size - r.title_offset,
        "titles are inside the text");
    const std::string title(text.data() + r.title_offset, r.title_size);
    check_title(title);
    promise(r.chosen_count <= BARKER_MAX_SELLING_POINTS, "at most three are chosen");
    for (uint32_t k = 0; k < r.chosen_count; ++k) {
      promise(r.chosen[k].index < ads[r.ad].selling_point_count, "a chosen one is the ad's");
      promise(r.chosen[k].begin < r.chosen[k].end && r.chosen[k].end <= title.size(),
              "a chosen one stands in the title");
      promise(r.chosen[k].score >= 0 && r.chosen[k].score <= 1, "a score is a probability");
    }
  }
  // Its recording, asked of two equal generations.
  promise(loaded().canary->compare(loaded().plugin, 1, nullptr, error) == BARKER_OK, "it compares");
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  loaded().canary->read_agreement(loaded().plugin, &agreement);
  promise(agreement.compared == 0 || agreement.rank_correlation == 1, "equals agree");
  promise(agreement.serving_failed == agreement.canary_failed, "equals fail alike");
  return 0;
}
