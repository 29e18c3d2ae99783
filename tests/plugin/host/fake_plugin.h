// A plugin that loads nothing and says what a test wants it to say, for tests of its life cycle.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "plugin/barker.h"

namespace barker {

struct FakePlugin {
  uint64_t last_id = 0;
  barker_generation_stats serving{}, previous{}, canary{};
  std::vector<barker_latencies> serving_times, canary_times;
  barker_agreement agreement{};
  double served_share = 0.25, compared_share = 0.5;  // as configured
  std::string refused;              // a load of a path that ends like this is refused
  bool busy = false;                // read_generation fails, as where too many queries run
  bool times_fail = false;          // read_latencies fails
  bool is_short_of_memory = false;  // rollback and stop fail
  bool throws = false;              // the next load_weights or load_rules throws std::bad_alloc
  int loads = 0, rules_loads = 0;   // attempts
  int rollbacks = 0;                // successful ones
  std::atomic<int> looks = 0;       // calls of compare: there is one in each look

  barker_plugin* handle() { return reinterpret_cast<barker_plugin*>(this); }
  static FakePlugin& of(barker_plugin* p) { return *reinterpret_cast<FakePlugin*>(p); }

  std::string served() const { return file_of(serving); }
  static std::string file_of(const barker_generation_stats& s) {
    return std::string(s.file).substr(std::string(s.file).rfind('/') + 1);
  }

  int32_t open(barker_string path, barker_generation_stats& into, uint64_t* generation,
               char* error) {
    ++loads;
    const std::string file(path.data, path.size);
    if (std::exchange(throws, false)) throw std::bad_alloc();
    if (!refused.empty() && file.ends_with(refused)) {
      std::strcpy(error, "refused");
      return BARKER_E_BAD_WEIGHTS;
    }
    into = {};
    into.generation = *generation = ++last_id;
    file.copy(into.file, sizeof into.file - 1);
    return BARKER_OK;
  }

  static int32_t load(barker_plugin* p, barker_string path, uint64_t* generation, char* error) {
    barker_generation_stats next{};
    const int32_t code = of(p).open(path, next, generation, error);
    if (code != BARKER_OK) return code;
    of(p).previous = std::exchange(of(p).serving, next);
    return BARKER_OK;
  }
  static int32_t roll_back(barker_plugin* p, uint64_t* generation, char* error) {
    if (of(p).is_short_of_memory) {
      std::strcpy(error, "out of memory");
      return BARKER_E_INTERNAL;
    }
    if (of(p).previous.generation == 0) {
      std::strcpy(error, "there are no weights to roll back to");
      return BARKER_E_NO_WEIGHTS;
    }
    ++of(p).rollbacks;
    std::swap(of(p).serving, of(p).previous);
    *generation = of(p).serving.generation;
    return BARKER_OK;
  }
  static int32_t read_stats(barker_plugin*, barker_stats*) { return BARKER_OK; }
  static int32_t start(barker_plugin* p, barker_string path, uint64_t* generation, char* error) {
    return of(p).open(path, of(p).canary, generation, error);
  }
  static int32_t promote(barker_plugin* p, uint64_t* generation, char*) {
    of(p).previous = std::exchange(of(p).serving, std::exchange(of(p).canary, {}));
    *generation = of(p).serving.generation;
    return BARKER_OK;
  }
  static int32_t replace(barker_plugin* p, barker_string path, uint64_t* generation, char* error) {
    return of(p).open(path, of(p).serving, generation, error);
  }
  static int32_t replace_by_canary(barker_plugin* p, uint64_t* generation, char*) {
    of(p).serving = std::exchange(of(p).canary, {});
    *generation = of(p).serving.generation;
    return BARKER_OK;
  }
  static int32_t stop(barker_plugin* p, char* error) {
    if (of(p).is_short_of_memory) {
      std::strcpy(error, "out of memory");
      return BARKER_E_INTERNAL;
    }
    of(p).canary = {};
    return BARKER_OK;
  }
  static int32_t set_shares(barker_plugin* p, double served, double compared, char* error) {
    if (of(p).is_short_of_memory) {
      std::strcpy(error, "out of memory");
      return BARKER_E_INTERNAL;
    }
    of(p).served_share = served;
    of(p).compared_share = compared;
    return BARKER_OK;
  }
  static int32_t read_shares(barker_plugin* p, double* served, double* compared) {
    *served = of(p).served_share;
    *compared = of(p).compared_share;
    return BARKER_OK;
  }
  static int32_t compare(barker_plugin* p, uint64_t, uint64_t*, char*) {
    ++of(p).looks;
    return BARKER_OK;
  }
  static int32_t read_agreement(barker_plugin* p, barker_agreement* agreement) {
    *agreement = of(p).agreement;
    return BARKER_OK;
  }
  static int32_t read_generation(barker_plugin* p, int32_t role, barker_generation_stats* stats) {
    if (of(p).busy) return BARKER_E_INTERNAL;
    *stats = role == BARKER_ROLE_CANARY ? of(p).canary : of(p).serving;
    return BARKER_OK;
  }
  static int32_t load_rules(barker_plugin* p, barker_string, char*) {
    ++of(p).rules_loads;
    if (std::exchange(of(p).throws, false)) throw std::bad_alloc();
    return BARKER_OK;
  }
  static int32_t read_latencies(barker_plugin* p, int32_t role, uint64_t* generation,
                                barker_latencies* latencies, uint64_t capacity, uint64_t* count) {
    if (of(p).busy || of(p).times_fail) return BARKER_E_INTERNAL;
    const bool is_canary = role == BARKER_ROLE_CANARY;
    const auto& times = is_canary ? of(p).canary_times : of(p).serving_times;
    *generation = (is_canary ? of(p).canary : of(p).serving).generation;
    *count = times.size();
    if (times.size() > capacity) return BARKER_E_TOO_SMALL;
    std::copy(times.begin(), times.end(), latencies);
    return BARKER_OK;
  }
  static barker_canary canary_table(uint64_t size) {
    return {size,    start,          promote,         stop,           set_shares,
            compare, read_agreement, read_generation, read_latencies, read_shares};
  }
  // As a plugin of ABI 1.1 answers.
  static const void* old_extension(const char* id) {
    static const barker_canary kCanary = canary_table(offsetof(barker_canary, read_latencies));
    static const barker_rules kRules = {sizeof(barker_rules), load_rules, nullptr};
    if (std::strcmp(id, BARKER_EXT_CANARY) == 0) return &kCanary;
    return std::strcmp(id, BARKER_EXT_RULES) == 0 ? &kRules : nullptr;
  }
  static const void* extension(const char* id) {
    static const barker_swap kSwap = {sizeof(barker_swap), replace, replace_by_canary};
    static const barker_canary kCanary = canary_table(sizeof(barker_canary));
    if (std::strcmp(id, BARKER_EXT_CANARY) == 0) return &kCanary;
    return std::strcmp(id, BARKER_EXT_SWAP) == 0 ? &kSwap : old_extension(id);
  }
  static barker_api table(const void* (*get_extension)(const char*)) {
    barker_api api{};
    api.struct_size = sizeof api;
    api.load_weights = load;
    api.rollback = roll_back;
    api.stats = read_stats;
    api.get_extension = get_extension;
    return api;
  }
  static const barker_api& api() {
    static const barker_api kApi = table(extension);
    return kApi;
  }
  static const barker_api& old_api() {  // without barker.swap/1
    static const barker_api kApi = table(old_extension);
    return kApi;
  }
};

}  // namespace barker
