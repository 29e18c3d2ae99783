#include "bench/rescore_host.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "models/text/fingerprint.h"
#include "models/weights/groups.h"
#include "models/weights/weight_file.h"
#include "plugin/host/plugin_loader.h"
#include "scoring/forward.h"
#include "scoring/isa.h"

namespace barker {
namespace {

std::string model_word(size_t i) { return "word" + std::to_string(i); }

// A title of a Chinese shop, some 40 characters, and a selling point.
std::string chinese_title(std::mt19937& random) {
  static constexpr const char* kWords[] = {"补水保湿", "面膜", "女士", "夏季", "新款",   "连衣裙",
                                           "真皮",     "正品", "包邮", "防水", "运动鞋", "男士",
                                           "休闲",     "韩版", "大码", "纯棉", "儿童",   "玩具"};
  std::string title;
  for (int i = 0; i < 14; ++i) title += kWords[random() % std::size(kWords)];
  return title;
}

std::string chinese_point(std::mt19937& random) {
  static constexpr const char* kPoints[] = {"顺丰包邮", "七天无理由退货", "买一送一", "限时特价",
                                            "正品保证", "送运费险",       "当天发货", "全国联保"};
  return kPoints[random() % std::size(kPoints)];
}

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "rescore_bench: %s\n", message.c_str());
  std::exit(65);
}

ModelSpec random_weights(const RescoreShape& shape) {
  std::mt19937 random(shape.seed);
  const auto tensor = [&](size_t size, float scale) {
    std::vector<float> values(size);
    for (float& value : values) value = scale * (static_cast<float>(random()) * 0x1p-31f - 1);
    return values;
  };
  const size_t d = shape.dim;
  ModelSpec model;
  model.architecture.dim = shape.dim;
  model.architecture.groups = {{kHistoryGroup, true, 0, 0}, {kQueryGroup, true, 0, 0}};
  model.architecture.hidden = {128, 64};
  model.architecture.has_auxiliary = true;
  model.architecture.attention_dim = shape.dim;
  model.architecture.tables = shape.tables;
  model.architecture.compute = shape.compute;
  if (shape.compute != ComputeSpec::kF32) model.architecture.compute_bound = kMaxComputeBound;
  model.card = {"bench", "1", "MTDL", 0, "", {}, {}};
  for (size_t i = 0; i < shape.rows; ++i) model.names.push_back(model_word(i));
  model.keyword_rows = shape.rows;
  model.folded_rows = std::min(shape.rows, shape.selling_points * 2);
  model.tensors["embedding"] = tensor(shape.rows * d, 0.5f);
  model.tensors["mlp.0.weight"] = tensor(128 * 3 * d, 0.12f);
  model.tensors["mlp.0.bias"] = tensor(128, 0.1f);
  model.tensors["mlp.1.weight"] = tensor(64 * 128, 0.15f);
  model.tensors["mlp.1.bias"] = tensor(64, 0.1f);
  for (const char* head : {"head.main", "head.aux"}) {
    model.tensors[std::string(head) + ".weight"] = tensor(64, 0.3f);
    model.tensors[std::string(head) + ".bias"] = tensor(1, 0.3f);
  }
  for (const char* part : {"attention.user", "attention.query", "attention.title"}) {
    model.tensors[part] = tensor(d * d, 0.2f);
  }
  model.tensors["attention.score"] = tensor(d, 0.3f);
  return model;
}

void write(const ModelSpec& model, const std::string& path) {
  if (const Status s = write_weight_file(model, path); !s.ok()) fail(s.message());
}

// The largest |fast logit - exact logit| of random queries.
float measured_difference(const RescoreShape& shape, const std::string& path) {
  const auto file = WeightFile::open(path);
  if (!file.ok()) fail(file.status().message());
  const PackedNetwork packed(Network::bind(**file), kernels_for(supported_isas().back()),
                             FastNumbers::kWhereTheyExist);
  Forward forward;
  forward.bind(packed);
  std::mt19937 random(5);
  float largest = 1e-6f;
  for (int q = 0; q < 100; ++q) {
    std::vector<uint32_t> user(shape.user_keywords), query(6), targets(500);
    for (auto* rows : {&user, &query}) {
      for (uint32_t& row : *rows) row = static_cast<uint32_t>(random() % shape.rows);
    }
    for (uint32_t& row : targets) row = static_cast<uint32_t>(random() % shape.selling_points);
    const Bag groups[] = {{user.data(), nullptr, user.size()}, {query.data(), nullptr, 6}};
    std::vector<float> fast(500), exact(500);
    forward.set_context(groups);
    forward.score_targets(targets, fast.data());
    forward.score_targets(targets, exact.data(), Exactness::kExact);
    for (size_t i = 0; i < 500; ++i) largest = std::max(largest, std::abs(fast[i] - exact[i]));
  }
  return largest;
}

std::map<std::string, std::string>& written() {
  static std::map<std::string, std::string> paths;
  return paths;
}

}  // namespace

const barker_api& plugin_api() {
  static const barker_api& api = plugin_api(BARKER_PLUGIN_PATH);
  return api;
}

const barker_api& plugin_api(const std::string& library) {
  const Result<const barker_api*> loaded = load_plugin(library);
  if (!loaded.ok()) fail(loaded.status().message());
  return **loaded;
}

void write_weights(const RescoreShape& shape, const std::string& path) {
  ModelSpec model = random_weights(shape);
  if (shape.click_rates) {
    constexpr float kRate = 0.1f, kEvidence = 10;
    model.click_rates.prior.assign(model.keyword_rows, kRate);
    model.click_rates.evidence.assign(model.keyword_rows, kEvidence);
    model.click_rates.begins = {0};
  }
  write(model, path);
  if (shape.compute == ComputeSpec::kF32) return;
  model.architecture.compute_bound = 2 * measured_difference(shape, path);
  write(model, path);
}

const std::string& weights_of(const RescoreShape& shape) {
  const std::string key = std::to_string(shape.rows) + "-" +
                          std::to_string(static_cast<int>(shape.tables)) + "-" +
                          std::to_string(static_cast<int>(shape.compute)) + "-" +
                          std::to_string(shape.seed) + (shape.click_rates ? "-rates" : "");
  std::string& path = written()[key];
  if (path.empty()) {
    path = (std::filesystem::temp_directory_path() /
            ("bench-" + std::to_string(getpid()) + "-" + key + ".barker"))
               .string();
    write_weights(shape, path);
  }
  return path;
}

void remove_weights() {
  for (const auto& [key, path] : written()) std::filesystem::remove(path);
}

double resident_mib() {
  std::ifstream in("/proc/self/statm");
  double total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

RescoreHost::RescoreHost(const std::string& weights, const std::string& config,
                         const barker_api& api)
    : api_(api) {
  const std::string text = "window = 500\n" + config;  // before `config`, which can end in a table
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  char error[BARKER_ERROR_SIZE];
  if (api_.create(&host, as_string(text), &plugin_, error) != BARKER_OK) fail(error);
  load(weights);
}

RescoreHost::~RescoreHost() { api_.destroy(plugin_); }

void RescoreHost::load(const std::string& weights) {
  char error[BARKER_ERROR_SIZE];
  if (api_.load_weights(plugin_, as_string(weights), nullptr, error) != BARKER_OK) fail(error);
}

barker_stats RescoreHost::stats() const {
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  api_.stats(plugin_, &stats);
  return stats;
}

RescoreQuery::RescoreQuery(const RescoreShape& shape, unsigned seed, const barker_api& api)
    : session_(api) {
  std::mt19937 random(seed);
  const size_t per_ad = shape.selling_points_per_ad, words = shape.title_keywords;
  points_.resize(shape.ads * per_ad);
  point_texts_.resize(points_.size());
  keywords_.resize(shape.ads * words);
  titles_.resize(shape.ads);
  for (size_t i = 0; i < points_.size(); ++i) {
    const bool is_promoted = shape.promoted && i % per_ad < RescoreShape::kPromotedPoints;
    point_texts_[i] = shape.chinese && !is_promoted ? chinese_point(random)
                                                    : model_word(random() % shape.selling_points);
    points_[i] = {sizeof points_[i], as_string(point_texts_[i]),
                  shape.chinese ? 0 : fingerprint(point_texts_[i])};
  }
  for (size_t i = 0; i < keywords_.size(); ++i) {
    const std::string keyword = model_word(shape.selling_points + random() % shape.selling_points);
    keywords_[i] = fingerprint(keyword);
    titles_[i / words] += (i % words ? " " : "") + keyword;
  }
  for (size_t i = 0; i < titles_.size() && shape.chinese; ++i) {
    titles_[i] = chinese_title(random) + " " + titles_[i].substr(0, 24);
    for (size_t p = 0; shape.promoted && p < RescoreShape::kPromotedPoints; ++p) {
      titles_[i] += " " + point_texts_[i * per_ad + p];
    }
  }
  make_ads(shape);
  for (size_t i = 0; i < shape.user_keywords; ++i) {
    user_texts_.push_back(model_word(random() % shape.rows));
  }
  for (const std::string& text : user_texts_) user_.push_back(as_string(text));
  for (int i = 0; i < 6; ++i) query_ += (i ? " " : "") + model_word(random() % shape.rows);
  user_id_ = "user" + std::to_string(seed);
  session_.start(query_, user_id_);
  session_.set_user_keywords(user_);
  session_.set_ads(ads_);
  session_.reserve(shape.ads, shape.ads * 1024);
}

void RescoreQuery::make_ads(const RescoreShape& shape) {
  ads_.resize(shape.ads);
  for (size_t i = 0; i < shape.ads; ++i) {
    barker_ad& ad = ads_[i];
    ad.struct_size = sizeof ad;
    ad.id = ad.title = as_string(titles_[i]);
    ad.first_pass_score = 1.0 / static_cast<double>(1 + i);
    ad.bid = 1;
    ad.title_keywords = shape.chinese ? nullptr : &keywords_[i * shape.title_keywords];
    ad.title_keyword_count = shape.chinese ? 0 : shape.title_keywords;
    ad.selling_points = points_.data() + i * shape.selling_points_per_ad;
    ad.selling_point_count = shape.selling_points_per_ad;
    ad.selling_point_stride = sizeof(barker_selling_point);
  }
}

void RescoreQuery::use_catalogue(uint64_t handle, uint64_t first) {
  session_.request().catalogue = handle;
  for (size_t i = 0; i < ads_.size(); ++i) {
    const double bid = ads_[i].bid, first_pass_score = ads_[i].first_pass_score;
    ads_[i] = {};
    ads_[i].struct_size = sizeof ads_[i];
    ads_[i].bid = bid;
    ads_[i].first_pass_score = first_pass_score;
    ads_[i].catalogue_ad = first + i;
  }
}

bool RescoreQuery::answer(const RescoreHost& host) {
  session_.use(host.plugin());
  return session_.rescore(nullptr) == BARKER_OK;
}

bool RescoreQuery::rescore(const RescoreHost& host) {
  return answer(host) && session_.response().status == BARKER_STATUS_RESCORED;
}

std::vector<std::unique_ptr<RescoreQuery>> make_queries(const RescoreShape& shape, size_t count,
                                                        const barker_api& api) {
  std::vector<std::unique_ptr<RescoreQuery>> queries;
  for (size_t i = 0; i < count; ++i) {
    queries.push_back(std::make_unique<RescoreQuery>(shape, static_cast<unsigned>(7 + i), api));
  }
  return queries;
}

void register_ads(const RescoreHost& host, std::span<const std::unique_ptr<RescoreQuery>> queries) {
  const auto& catalogue =
      *static_cast<const barker_catalogue*>(host.api().get_extension(BARKER_EXT_CATALOGUE));
  std::vector<barker_ad> all;
  for (const auto& query : queries) all.insert(all.end(), query->ads().begin(), query->ads().end());
  uint64_t handle = 0;
  char error[BARKER_ERROR_SIZE];
  if (catalogue.add(host.plugin(), all.data(), all.size(), sizeof all[0], &handle, error) !=
      BARKER_OK) {
    fail(error);
  }
  uint64_t first = 1;
  for (const auto& query : queries) {
    query->use_catalogue(handle, first);
    first += query->ads().size();
  }
}

bool are_equal(const barker_response& a, const barker_response& b, size_t first) {
  const auto title = [](const barker_response& r, const barker_result_ad& ad) {
    return std::string_view(r.text + ad.title_offset, ad.title_size);
  };
  const auto bits = [](double number) { return std::bit_cast<uint64_t>(number); };
  const auto some = [first](const barker_response& r) {
    return std::span(r.ads, std::min<size_t>(first, r.ad_count));
  };
  return std::ranges::equal(some(a), some(b),
                            [&](const barker_result_ad& x, const barker_result_ad& y) {
                              return x.ad == y.ad && bits(x.score) == bits(y.score) &&
                                     bits(x.pctr) == bits(y.pctr) && title(a, x) == title(b, y);
                            });
}

}  // namespace barker
