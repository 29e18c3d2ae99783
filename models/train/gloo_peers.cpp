#define USE_C10D_GLOO
#include <algorithm>
#include <charconv>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "models/train/peers.h"

namespace barker {
namespace {

class GlooPeers : public Peers {
 public:
  GlooPeers(const std::string& host, uint16_t port, int rank, int size) {
    c10d::TCPStoreOptions store_options;
    store_options.port = port;
    store_options.isServer = rank == 0;
    store_options.numWorkers = size;
    auto store = c10::make_intrusive<c10d::TCPStore>(host, store_options);
    auto options = c10d::ProcessGroupGloo::Options::create();
    options->devices.push_back(host == "127.0.0.1" || host == "localhost"
                                   ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                   : c10d::ProcessGroupGloo::createDefaultDevice());
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
  }

  int rank() const override { return group_->getRank(); }
  int size() const override { return group_->getSize(); }

  void sum(std::span<float> values) override {
    std::vector<at::Tensor> tensors = {view(values.data(), values.size(), at::kFloat)};
    wait([&] { return group_->allreduce(tensors); });
  }

  std::vector<int64_t> gather(std::span<const int64_t> values) override {
    return gather_as<int64_t>(values, at::kLong);
  }
  std::vector<float> gather(std::span<const float> values) override {
    return gather_as<float>(values, at::kFloat);
  }

  double from_first(double value) override {
    std::vector<at::Tensor> tensors = {view(&value, 1, at::kDouble)};
    wait([&] { return group_->broadcast(tensors); });
    return value;
  }

 private:
  template <typename T>
  static at::Tensor view(T* data, size_t size, at::ScalarType type) {
    return at::from_blob(data, {static_cast<int64_t>(size)}, at::TensorOptions(type));
  }

  // Runs a collective call to its end.
  template <typename Start>
  void wait(Start start) {
    try {
      start()->wait();
    } catch (const std::exception& e) {
      const std::string what = e.what();
      throw LostPeer(
          "process " + std::to_string(rank()) + " of " + std::to_string(size()) +
          " lost the others, one of which may have ended: " + what.substr(0, what.find('\n')));
    }
  }

  // Gloo gathers equal sizes only. The sizes are gathered first, and then the values of every
  // process, padded to the longest.
  template <typename T>
  std::vector<T> gather_as(std::span<const T> values, at::ScalarType type) {
    const std::vector<int64_t> sizes =
        equal_gather<int64_t>({static_cast<int64_t>(values.size())}, at::kLong);
    const auto longest = static_cast<size_t>(*std::max_element(sizes.begin(), sizes.end()));
    std::vector<T> padded(values.begin(), values.end());
    padded.resize(longest);
    const std::vector<T> all = equal_gather(std::move(padded), type);
    std::vector<T> out;
    for (size_t r = 0; r < sizes.size(); ++r) {
      const auto begin = all.begin() + static_cast<ptrdiff_t>(r * longest);
      out.insert(out.end(), begin, begin + sizes[r]);
    }
    return out;
  }

  template <typename T>
  std::vector<T> equal_gather(std::vector<T> mine, at::ScalarType type) {
    const auto ranks = static_cast<size_t>(size());
    std::vector<T> all(mine.size() * ranks);
    if (mine.empty()) return all;
    std::vector<at::Tensor> input = {view(mine.data(), mine.size(), type)};
    std::vector<std::vector<at::Tensor>> output(1);
    for (size_t r = 0; r < ranks; ++r) {
      output[0].push_back(view(all.data() + r * mine.size(), mine.size(), type));
    }
    wait([&] { return group_->allgather(output, input); });
    return all;
  }

  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

}  // namespace

Result<std::unique_ptr<Peers>> connect_peers(const std::string& address, int rank, int size) {
  const size_t colon = address.rfind(':');
  uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto parsed = colon == std::string::npos
                          ? std::from_chars_result{end, std::errc::invalid_argument}
                          : std::from_chars(address.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end || port == 0 || colon == 0) {
    return invalid_argument("peers address: expected host:port, found \"" + address + "\"");
  }
  if (size < 1 || rank < 0 || rank >= size) {
    return invalid_argument("rank: expected 0 to " + std::to_string(size - 1) + ", found " +
                            std::to_string(rank));
  }
  try {
    return std::unique_ptr<Peers>(
        std::make_unique<GlooPeers>(address.substr(0, colon), port, rank, size));
  } catch (const std::exception& e) {
    const std::string what = e.what();
    return io_error("peers at " + address + ": " + what.substr(0, what.find('\n')));
  }
}

}  // namespace barker
