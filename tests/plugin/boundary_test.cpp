// What no call may do to its host: wait for itself, let an exception or a cancellation through,
// depend on the host's floating-point environment, or change it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unwind.h>

#include <atomic>
#include <cfenv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

template <typename T>
const T& extension(const char* id) {
  return *static_cast<const T*>(api().get_extension(id));
}

// A plugin whose log callback is any function.
class LoggingPlugin {
 public:
  using Log = std::function<void()>;

  explicit LoggingPlugin(Log log = {}) : log_(std::move(log)) {
    const barker_host host = {
        sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, this,
        [](void* self, int32_t, barker_string) { static_cast<LoggingPlugin*>(self)->call(); }};
    EXPECT_EQ(api().create(&host, {nullptr, 0}, &plugin_, error_), BARKER_OK) << error_;
  }
  LoggingPlugin(const LoggingPlugin&) = delete;
  ~LoggingPlugin() { api().destroy(plugin_); }

  void set_log(Log log) { log_ = std::move(log); }
  int32_t load(const std::string& path) {
    return api().load_weights(plugin_, view(path), &generation_, error_);
  }
  barker_plugin* get() const { return plugin_; }
  uint64_t generation() const { return generation_; }
  const char* error() const { return error_; }

 private:
  void call() {
    if (log_) log_();
  }
  Log log_;
  barker_plugin* plugin_ = nullptr;
  uint64_t generation_ = 0;
  char error_[BARKER_ERROR_SIZE] = "";
};

TEST(Callback, MakesNoControlCallOfItsPlugin) {
  const std::string path = weights(1);
  std::vector<int32_t> codes;
  char error[BARKER_ERROR_SIZE] = "";
  LoggingPlugin plugin;
  plugin.set_log([&] {
    barker_plugin* p = plugin.get();
    const auto& canary = extension<barker_canary>(BARKER_EXT_CANARY);
    const auto& swap = extension<barker_swap>(BARKER_EXT_SWAP);
    codes = {api().load_weights(p, view(path), nullptr, error),
             api().rollback(p, nullptr, error),
             canary.start(p, view(path), nullptr, error),
             canary.promote(p, nullptr, error),
             canary.stop(p, error),
             canary.set_shares(p, 0, 0, error),
             swap.replace_weights(p, view(path), nullptr, error),
             swap.replace_by_canary(p, nullptr, error),
             extension<barker_rules>(BARKER_EXT_RULES).load_rules(p, {nullptr, 0}, error)};
    api().destroy(p);  // refused as well, without a code
  });
  ASSERT_EQ(plugin.load(path), BARKER_OK);
  EXPECT_EQ(codes, std::vector<int32_t>(9, BARKER_E_REENTRANT));
  EXPECT_THAT(error, HasSubstr("control call: expected outside of the plugin's callbacks"));
  plugin.set_log({});
  EXPECT_EQ(plugin.load(path), BARKER_OK) << "the lock was left";
}

TEST(Callback, MakesEveryOtherCall) {
  const std::string path = weights(2);
  std::vector<int32_t> codes;
  LoggingPlugin plugin, other;
  Asker asker(1);
  plugin.set_log([&] {
    barker_plugin* p = plugin.get();
    const auto& canary = extension<barker_canary>(BARKER_EXT_CANARY);
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    barker_generation_stats generation{};
    generation.struct_size = sizeof generation;
    barker_agreement agreement{};
    agreement.struct_size = sizeof agreement;
    barker_model model{};
    model.struct_size = sizeof model;
    codes = {asker.call(p),
             api().stats(p, &stats),
             canary.read_generation(p, BARKER_ROLE_SERVING, &generation),
             canary.compare(p, 1, nullptr, nullptr),
             canary.read_agreement(p, &agreement),
             extension<barker_model_extension>(BARKER_EXT_MODEL)
                 .read(p, BARKER_ROLE_SERVING, &model, nullptr, nullptr),
             other.load(path)};  // of another plugin, which does not wait for this one
  });
  ASSERT_EQ(plugin.load(path), BARKER_OK);
  EXPECT_EQ(codes, std::vector<int32_t>(7, BARKER_OK));
  EXPECT_EQ(asker.response.status, BARKER_STATUS_RESCORED);
}

// An exception of a language that is not C++.
[[noreturn]] void raise_foreign() {
  static _Unwind_Exception exception;
  exception = {};
  exception.exception_class = 0x5445535446524745;  // "TESTFRGE"
  _Unwind_RaiseException(&exception);
  std::abort();  // nobody caught it
}

const std::vector<std::function<void()>> kThrows = {
    [] { throw std::runtime_error("from the host"); }, [] { throw 7; },
    [] { throw std::make_unique<int>(7); }, [] { throw std::bad_alloc(); }, raise_foreign};

TEST(Callback, MayThrowAnythingWhileItLogs) {
  const std::string path = weights(3);
  for (size_t i = 0; i < kThrows.size(); ++i) {
    LoggingPlugin plugin(kThrows[i]);
    EXPECT_EQ(plugin.load(path), BARKER_OK) << "exception " << i;
    EXPECT_EQ(plugin.load("/nowhere"), BARKER_E_NOT_FOUND) << "exception " << i;
    EXPECT_THAT(plugin.error(), HasSubstr("/nowhere"));
    EXPECT_TRUE(Asker(1).ask(plugin.get()));
    EXPECT_EQ(plugin.load(path), BARKER_OK) << "exception " << i;
  }
}

TEST(Callback, MayThrowAnythingWhereItIsToldOfChecksAndGroups) {
  const std::string path = weights(4);
  LoggingPlugin plugin;
  ASSERT_EQ(plugin.load(path), BARKER_OK);
  char error[BARKER_ERROR_SIZE] = "";
  barker_model model{};
  model.struct_size = sizeof model;
  for (const std::function<void()>& raise : kThrows) {
    void* context = const_cast<std::function<void()>*>(&raise);
    const auto check = [](void* f, barker_string, int32_t, barker_string) {
      (*static_cast<const std::function<void()>*>(f))();
    };
    EXPECT_EQ(extension<barker_verify>(BARKER_EXT_VERIFY)
                  .verify(view(path), {nullptr, 0}, check, context, error),
              BARKER_E_INTERNAL);
    const auto group = [](void* f, const barker_model_group*) {
      (*static_cast<const std::function<void()>*>(f))();
    };
    EXPECT_EQ(extension<barker_model_extension>(BARKER_EXT_MODEL)
                  .read(plugin.get(), BARKER_ROLE_SERVING, &model, group, context),
              BARKER_E_INTERNAL);
  }
  EXPECT_EQ(plugin.load(path), BARKER_OK);
}

void* exit_value() { return reinterpret_cast<void*>(0x5151); }

// Runs `body` on a thread of its own; gives what the thread ended with.
void* end_of_thread(std::function<void()> body, const std::function<void(pthread_t)>& meanwhile) {
  pthread_t thread;
  const auto start = [](void* f) -> void* {
    (*static_cast<std::function<void()>*>(f))();
    return nullptr;
  };
  EXPECT_EQ(pthread_create(&thread, nullptr, start, &body), 0);
  if (meanwhile) meanwhile(thread);
  void* end = nullptr;
  EXPECT_EQ(pthread_join(thread, &end), 0);
  return end;
}

// AddressSanitizer reports its own memory where a thread is unwound to its end.
#ifdef __SANITIZE_ADDRESS__
#define NEEDS_THREADS_THAT_UNWIND GTEST_SKIP() << "AddressSanitizer does not bear such threads"
#else
#define NEEDS_THREADS_THAT_UNWIND
#endif

TEST(Callback, MayEndItsThread) {
  NEEDS_THREADS_THAT_UNWIND;
  const std::string path = weights(5);
  LoggingPlugin plugin([] { pthread_exit(exit_value()); });
  EXPECT_EQ(end_of_thread([&] { plugin.load(path); }, {}), exit_value());
  plugin.set_log({});
  EXPECT_EQ(plugin.load(path), BARKER_OK) << "the lock was left";
  EXPECT_EQ(plugin.generation(), 2u) << "the first load had been done when it was logged";
}

class Cancellation : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Types, Cancellation,
                         testing::Values(PTHREAD_CANCEL_DEFERRED, PTHREAD_CANCEL_ASYNCHRONOUS),
                         [](const auto& type) {
                           return type.param == PTHREAD_CANCEL_DEFERRED ? "Deferred"
                                                                        : "Asynchronous";
                         });

TEST_P(Cancellation, OfAThreadTakesEffectAfterItsControlCall) {
  NEEDS_THREADS_THAT_UNWIND;
  const std::string path = weights(6);
  std::atomic<bool> is_inside{false}, is_cancelled{false};
  int32_t code = -1;
  LoggingPlugin plugin([&] {
    is_inside = true;
    while (!is_cancelled) std::this_thread::yield();
    close(open("/dev/null", O_RDONLY));  // both are points at which a thread is cancelled
  });
  void* const end = end_of_thread(
      [&] {
        int type;
        pthread_setcanceltype(GetParam(), &type);
        code = api().load_weights(plugin.get(), view(path), nullptr, nullptr);
        pthread_testcancel();
        code = -2;
      },
      [&](pthread_t thread) {
        while (!is_inside) std::this_thread::yield();
        pthread_cancel(thread);
        is_cancelled = true;
      });
  // glibc 2.36 forgets the result of a thread that is cancelled asynchronously in
  // pthread_setcancelstate.
  if (GetParam() == PTHREAD_CANCEL_DEFERRED) {
    EXPECT_EQ(end, PTHREAD_CANCELED);
  }
  EXPECT_NE(code, -2) << "the thread went on";
  plugin.set_log({});
  EXPECT_EQ(plugin.load(path), BARKER_OK) << "the lock was left";
  EXPECT_TRUE(Asker(1).ask(plugin.get()));
}

TEST(CancelledThreads, LeaveAPluginThatWorksAtWhateverMoment) {
  const std::string path = weights(7);
  LoggingPlugin plugin;
  ASSERT_EQ(plugin.load(path), BARKER_OK);
  for (int i = 0; i < 30; ++i) {
    std::atomic<int> calls{0};
    void* const end = end_of_thread(
        [&] {
          Asker asker(1);
          for (;;) {
            api().load_weights(plugin.get(), view(path), nullptr, nullptr);
            asker.call(plugin.get());
            ++calls;
            pthread_testcancel();
          }
        },
        [&](pthread_t thread) {
          while (calls < i % 3) std::this_thread::yield();
          std::this_thread::sleep_for(std::chrono::microseconds(97 * i));
          pthread_cancel(thread);
        });
    ASSERT_EQ(end, PTHREAD_CANCELED);
    ASSERT_EQ(plugin.load(path), BARKER_OK);
  }
}

struct Environment {
  const char* name;
  std::function<void()> set;
};

std::vector<Environment> host_environments() {
  std::vector<Environment> all = {
      {"traps", [] { feenableexcept(FE_ALL_EXCEPT); }},
      {"upward", [] { std::fesetround(FE_UPWARD); }},
      {"downward", [] { std::fesetround(FE_DOWNWARD); }},
      {"flags", [] { std::feraiseexcept(FE_DIVBYZERO | FE_INVALID); }},
  };
#ifdef __SSE2__
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  all.push_back({"flush to zero", [] { _mm_setcsr(_mm_getcsr() | kFlushToZero); }});
  all.push_back(
      {"no denormals", [] { _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero); }});
#endif
  return all;
}

// What a thread's environment is made of, to be compared.
struct Observed {
  int traps = fegetexcept(), rounding = std::fegetround(), flags = std::fetestexcept(FE_ALL_EXCEPT);
#ifdef __SSE2__
  unsigned vector_unit = _mm_getcsr();
#endif
  bool operator==(const Observed&) const = default;
};

// create with the defaults, load and rescore; nothing of it may divide or round, for traps are on.
struct Session {
  Session(const std::string& path, const barker_host& host, Asker& asker) {
    create = api().create(&host, {nullptr, 0}, &plugin, error);
    if (create != BARKER_OK) return;
    load = api().load_weights(plugin, {path.data(), path.size()}, nullptr, error);
    rescore = asker.call(plugin);
    shares = extension<barker_canary>(BARKER_EXT_CANARY).set_shares(plugin, 0.25, 0.5, error);
    rollback = api().rollback(plugin, nullptr, error);
    verify = extension<barker_verify>(BARKER_EXT_VERIFY)
                 .verify({path.data(), path.size()}, {nullptr, 0}, nullptr, nullptr, error);
    api().destroy(plugin);
  }
  barker_plugin* plugin = nullptr;
  int32_t create = -1, load = -1, rescore = -1, shares = -1, rollback = -1, verify = -1;
  char error[BARKER_ERROR_SIZE] = "";
};

TEST(FloatingPoint, IsCalculatedAlikeInEveryHostEnvironmentAndLeftAsItWas) {
  const std::string path = weights(8);
  Asker expected(5);
  const Session usual(path, kHost, expected);
  ASSERT_EQ(usual.rescore, BARKER_OK) << usual.error;
  ASSERT_EQ(expected.response.status, BARKER_STATUS_RESCORED);
  const std::string answer = expected.answer();
  for (const Environment& environment : host_environments()) {
    Asker asker(5);
    std::fenv_t tests;
    std::fegetenv(&tests);
    environment.set();
    const Observed before;
    const Session session(path, kHost, asker);
    const Observed after;
    std::fesetenv(&tests);
    EXPECT_TRUE(before == after) << environment.name;
    EXPECT_EQ(session.create, BARKER_OK) << environment.name << session.error;
    EXPECT_EQ(session.load, BARKER_OK) << environment.name << session.error;
    EXPECT_EQ(session.rescore, BARKER_OK) << environment.name << session.error;
    EXPECT_EQ(session.shares, BARKER_OK) << environment.name << session.error;
    EXPECT_EQ(session.rollback, BARKER_E_NO_WEIGHTS) << environment.name << session.error;
    EXPECT_EQ(session.verify, BARKER_OK) << environment.name << session.error;
    EXPECT_EQ(asker.answer(), answer) << environment.name;
  }
}

// A host that grows its buffer to text_size and asks again must not do so after another error.
TEST_F(Plugin, LeavesNoTextSizeOfACallBeforeWhereAPointerIsNull) {
  fill(1);
  const auto expect_refused = [&](auto call) {
    response_.text_size = 1 << 20;
    EXPECT_EQ(call(), BARKER_E_INVALID_ARGUMENT);
    EXPECT_THAT(error_, HasSubstr("expected a pointer, found NULL"));
    EXPECT_EQ(response_.text_size, 0u);
  };
  const auto& explain = extension<barker_explain>(BARKER_EXT_EXPLAIN);
  const auto& prepared = extension<barker_prepared>(BARKER_EXT_PREPARED);
  barker_string json{};
  expect_refused([&] { return api().rescore(nullptr, &request_, &response_, error_); });
  expect_refused([&] { return explain.rescore(nullptr, &request_, &response_, &json, error_); });
  expect_refused([&] { return explain.rescore(plugin_, &request_, &response_, nullptr, error_); });
  expect_refused([&] { return prepared.score(nullptr, ads_.data(), &response_, error_); });
}

TEST_F(Plugin, RefusesAPathWithANul) {
  const std::string path = weights(9);
  const std::string with_nul = path + std::string("\0/x", 3);
  const barker_string named = view(with_nul);
  EXPECT_EQ(api().load_weights(plugin_, named, nullptr, error_), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "path: expected no NUL, found one at byte " + std::to_string(path.size()));
  const auto& canary = extension<barker_canary>(BARKER_EXT_CANARY);
  EXPECT_EQ(canary.start(plugin_, named, nullptr, error_), BARKER_E_INVALID_ARGUMENT);
  const auto& swap = extension<barker_swap>(BARKER_EXT_SWAP);
  EXPECT_EQ(swap.replace_weights(plugin_, named, nullptr, error_), BARKER_E_INVALID_ARGUMENT);
  const auto& verify = extension<barker_verify>(BARKER_EXT_VERIFY);
  EXPECT_EQ(verify.verify(named, {nullptr, 0}, nullptr, nullptr, error_),
            BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Plugin, KeepsTheReasonOfAnErrorWhateverThePathsLength) {
  const std::string directory = temporary_path("long");
  std::filesystem::create_directory(directory);
  std::string path = directory + "/";
  path += std::string(255 - path.size(), 'w');
  std::ofstream(path) << "not weights";
  EXPECT_EQ(api().load_weights(plugin_, view(path), nullptr, error_), BARKER_E_BAD_WEIGHTS);
  EXPECT_THAT(error_, HasSubstr("…"));
  EXPECT_THAT(error_, HasSubstr("www: check header: size: expected"));
  EXPECT_THAT(error_, EndsWith("found 11"));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace barker
