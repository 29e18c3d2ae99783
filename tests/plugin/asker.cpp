#include "tests/plugin/asker.h"

#include <cstdio>
#include <cstdlib>
#include <random>

#include "plugin/host/plugin_loader.h"

namespace barker {

const barker_api& api() {
  static const barker_api* const table = [] {
    const Result<const barker_api*> loaded = load_plugin(BARKER_PLUGIN_PATH);
    if (!loaded.ok()) {
      std::fprintf(stderr, "%s\n", loaded.status().message().c_str());
      std::abort();
    }
    return *loaded;
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
    : session_(api()),
      request(session_.request()),
      response(session_.response()),
      id_(std::move(user)) {
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
  session_.start(query_, id_);
  session_.set_user_keywords(user_);
  session_.set_ads(ads);
  session_.reserve(ads.size(), (1 << 14) + 256 * ad_count);
}

int32_t Asker::call(barker_plugin* plugin) {
  session_.use(plugin);
  const int32_t code = session_.rescore(nullptr);
  results = session_.results();
  return code;
}

std::string Asker::answer() const {
  return std::string(reinterpret_cast<const char*>(results.data()), results.size_bytes()) +
         std::string(session_.text());
}

std::string Asker::title(size_t rank) const { return std::string(session_.answer(rank).title); }

}  // namespace barker
