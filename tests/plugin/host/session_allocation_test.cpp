// What a session allocates: nothing, once it has seen its largest query. This program counts the
// calls of operator new, which libbarker.so gets as well.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "models/text/fingerprint.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"
#include "tests/models/weights/random_model.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BARKER_COUNTING_NEW 1
#endif

namespace {

std::atomic<uint64_t> allocations{0};

}  // namespace

#ifdef BARKER_COUNTING_NEW

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // it sees through only one of a pair
#endif
void* operator new(size_t size) {
  ++allocations;
  if (void* data = std::malloc(size ? size : 1)) return data;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, size_t) noexcept { std::free(data); }
void operator delete[](void* data) noexcept { std::free(data); }
void operator delete[](void* data, size_t) noexcept { std::free(data); }
#endif

namespace barker {
namespace {

// Asks for a page of `ads` ads and reads all of the answer.
size_t ask(Session& session, const std::vector<std::string>& words, size_t ads) {
  session.start(words[0], words[1]);
  for (size_t i = 2; i < 12; ++i) session.add_user_keyword(words[i]);
  session.add_group("profile");
  session.add_token("f1");
  for (size_t i = 0; i < ads; ++i) {
    barker_ad& ad = session.add_ad();
    ad.id = ad.title = as_string(words[i % words.size()]);
    ad.first_pass_score = ad.bid = 1;
    for (size_t k = 0; k < 4; ++k) {
      const std::string& text = words[(i + k) % words.size()];
      session.add_selling_point(text, fingerprint(text));
    }
  }
  EXPECT_TRUE(session.rescore().ok());
  size_t read = 0;
  for (size_t rank = 0; rank < session.size(); ++rank) {
    const AnsweredAd ad = session.answer(rank);
    for (const barker_chosen& chosen : ad.chosen) read += ad.text_of(chosen).size();
    read += ad.title.size();
  }
  return read;
}

TEST(SessionAllocation, OperatorNewIsCounted) {
#ifndef BARKER_COUNTING_NEW
  GTEST_SKIP() << "the sanitizer brings its own allocator";
#endif
  const uint64_t before = allocations;
  int* volatile number = new int(1);
  delete number;
  EXPECT_GT(allocations, before);
}

TEST(SessionAllocation, IsZeroOnceTheLargestQueryWasSeen) {
#ifndef BARKER_COUNTING_NEW
  GTEST_SKIP() << "the sanitizer brings its own allocator";
#endif
  const auto api = load_plugin(BARKER_PLUGIN_PATH);
  ASSERT_TRUE(api.ok()) << api.status().message();
  const std::string weights = temporary_path("session.barker");
  ASSERT_TRUE(write_weight_file(random_model(1), weights).ok());
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  barker_plugin* plugin = nullptr;
  ASSERT_EQ((*api)->create(&host, {nullptr, 0}, &plugin, nullptr), BARKER_OK);
  ASSERT_EQ((*api)->load_weights(plugin, as_string(weights), nullptr, nullptr), BARKER_OK);
  std::vector<std::string> words;
  for (int i = 0; i < 50; ++i) words.push_back("word" + std::to_string(i));
  {
    Session session(**api, plugin);
    for (int i = 0; i < 3; ++i) EXPECT_GT(ask(session, words, 100), 0u);
    const uint64_t before = allocations;
    for (const size_t ads : {100, 1, 0, 50, 100}) ask(session, words, ads);
    EXPECT_EQ(allocations - before, 0u);
  }
  (*api)->destroy(plugin);
  std::filesystem::remove(weights);
}

}  // namespace
}  // namespace barker
