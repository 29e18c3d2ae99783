#include "tests/plugin/asker.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <random>

namespace barker {

const barker_api& api() {
  static const barker_api* const table = [] {
    void* library = dlopen(BARKER_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::abort();
    }
    return static_cast<const barker_api*>(dlsym(library, BARKER_ENTRY_SYMBOL));
  }();
  return *table;
}

barker_string view(const std::string& s) { return {s.data(), s.size()}; }

barker_plugin* make_plugin(const std::string& config) {
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  barker_plugin* plugin = nullptr;
  char error[BARKER_ERROR_SIZE] = "";
  if (api().create(&host, view(config), &plugin, error) != BARKER_OK) {
    std::fprintf(stderr, "%s\n", error);
    std::abort();
  }
  return plugin;
}

Asker::Asker(unsigned seed, std::string user, size_t ad_count, size_t words)
    : id_(std::move(user)), text_((1 << 14) + 256 * ad_count, '\0') {
  std::mt19937 random(seed);
  const auto word = [&] { return "word" + std::to_string(random() % words); };
  query_ = word() + " " + word();
  for (int i = 0; i < 4; ++i) texts_.push_back(word());
  for (const std::string& text : texts_) user_.push_back(view(text));
  for (size_t i = 0; i < 3 * ad_count; ++i) points_texts_.push_back(word());
  for (const std::string& text : points_texts_) {
    points_.push_back({sizeof(barker_selling_point), view(text), 0});
  }
  for (size_t i = 0; i < ad_count; ++i) titles_.push_back(word() + " " + word() + " " + word());
  for (size_t i = 0; i < titles_.size(); ++i) {
    barker_ad ad{};
    ad.struct_size = sizeof ad;
    ad.id = ad.title = view(titles_[i]);
    ad.first_pass_score = ad.bid = 1;
    ad.selling_points = points_.data() + 3 * i;
    ad.selling_point_count = 3;
    ad.selling_point_stride = sizeof points_[0];
    ads.push_back(ad);
  }
  results.resize(ads.size());
  request.struct_size = sizeof request;
  request.query = view(query_);
  request.user = view(id_);
  request.user_keywords = user_.data();
  request.user_keyword_count = user_.size();
  request.ads = ads.data();
  request.ad_count = ads.size();
  request.ad_stride = sizeof(barker_ad);
}

int32_t Asker::call(barker_plugin* plugin) {
  for (barker_result_ad& ad : results) {
    ad = {};
    ad.struct_size = sizeof ad;
  }
  response = {};
  response.struct_size = sizeof response;
  response.ads = results.data();
  response.ad_capacity = results.size();
  response.ad_stride = sizeof(barker_result_ad);
  response.text = text_.data();
  response.text_capacity = text_.size();
  return api().rescore(plugin, &request, &response, nullptr);
}

std::string Asker::answer() const {
  return std::string(reinterpret_cast<const char*>(results.data()),
                     results.size() * sizeof results[0]) +
         text_.substr(0, response.text_size);
}

std::string Asker::title(size_t rank) const {
  return text_.substr(results[rank].title_offset, results[rank].title_size);
}

}  // namespace barker
