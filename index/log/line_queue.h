// Lines on their way from the threads that answer queries to the one that writes them: many threads
// put, one thread takes. It is bounded by bytes, and nobody ever waits in it.
//
// It is a linked stack. put() links a line to its top by one compare-and-swap, and take() takes the
// whole stack by one exchange and turns it around, so that lines come out in the order in which
// they were put. Because nodes are never taken one by one, the stack has no ABA problem.
#pragma once

#include <atomic>
#include <cstddef>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "models/base/result.h"

namespace barker {

class LineQueue {
 public:
  // A place between lines, at which somebody waits for the lines before it.
  using Mark = std::promise<Status>;

  struct Node {
    std::string line;
    std::shared_ptr<Mark> mark;  // of put_mark(), otherwise null
    Node* next = nullptr;
  };

  explicit LineQueue(size_t most_bytes) : most_bytes_(most_bytes) {}
  ~LineQueue() { free_all(take()); }
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  // What a line counts for: its text and the memory around it.
  static size_t bytes_of(const std::string& line) { return line.size() + sizeof(Node); }

  // False, and the line is dropped, where it has no place or memory is short. [any thread]
  bool put(std::string&& line) noexcept {
    const size_t size = bytes_of(line);
    if (bytes_.fetch_add(size, std::memory_order_relaxed) + size > most_bytes_) {
      bytes_.fetch_sub(size, std::memory_order_relaxed);
      return false;
    }
    Node* node = new (std::nothrow) Node{std::move(line), nullptr};
    if (!node) {
      bytes_.fetch_sub(size, std::memory_order_relaxed);
      return false;
    }
    link(node);
    return true;
  }

  // Marks always have a place. [any thread]
  void put_mark(std::shared_ptr<Mark> mark) { link(new Node{{}, std::move(mark)}); }

  // All that was put, the oldest first, as a list that the caller frees. What it holds still takes
  // up place in the queue until the caller gives it back by release(). [one thread]
  Node* take() noexcept {
    Node* top = top_.exchange(nullptr, std::memory_order_acquire);
    Node* oldest = nullptr;
    while (top) {
      Node* below = std::exchange(top->next, oldest);
      oldest = std::exchange(top, below);
    }
    return oldest;
  }

  void release(size_t bytes) noexcept { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  static void free_all(Node* list) noexcept {
    while (list) delete std::exchange(list, list->next);
  }

 private:
  void link(Node* node) noexcept {
    node->next = top_.load(std::memory_order_relaxed);
    while (!top_.compare_exchange_weak(node->next, node, std::memory_order_release,
                                       std::memory_order_relaxed)) {
    }
  }

  const size_t most_bytes_;
  std::atomic<size_t> bytes_{0};
  std::atomic<Node*> top_{nullptr};
};

}  // namespace barker
