#include "index/profiles/lmdb_check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace barker {
namespace {

// The structs of mdb.c, as they lie in the file.
struct PageHeader {
  uint64_t number;
  uint16_t pad, flags;
  uint16_t lower, upper;  // the free room of a branch or leaf; together the length of an overflow
};
static_assert(sizeof(PageHeader) == 16);

struct Tree {
  uint32_t pad;
  uint16_t flags, depth;
  uint64_t branch_pages, leaf_pages, overflow_pages, entries;
  uint64_t root;
};
static_assert(sizeof(Tree) == 48);

struct Meta {
  uint32_t magic, version;
  uint64_t address, map_bytes;
  Tree free, main;  // free.pad is the size of a page
  uint64_t last_page, txn;
};
static_assert(sizeof(Meta) == 136);

struct Node {
  uint16_t low, high, flags, key_bytes;
};
static_assert(sizeof(Node) == 8);

constexpr uint32_t kMetaMagic = 0xBEEFC0DE;
constexpr uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4;         // flags of a page
constexpr uint16_t kBigValue = 1, kSubTree = 2, kDuplicates = 4;  // flags of a node
constexpr uint64_t kNoPage = ~uint64_t{0};
constexpr int kMostDepth = 32;  // as in mdb.c

// A mapped file. The caller keeps it from being truncated while it is looked at.
class MappedFile {
 public:
  static constexpr size_t kLeast = 2 * 512;
  ~MappedFile() {
    if (data_ != MAP_FAILED) munmap(data_, size_);
  }
  Status map(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    int error = descriptor < 0 || fstat(descriptor, &info) != 0 ? errno : 0;
    if (error == 0 && static_cast<size_t>(info.st_size) < kLeast) {
      close(descriptor);
      return bad_data(path + ": is shorter than an LMDB file");
    }
    if (error == 0) {
      size_ = static_cast<size_t>(info.st_size);
      data_ = mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
      if (data_ == MAP_FAILED) error = errno;
    }
    if (descriptor >= 0) close(descriptor);
    return error == 0 ? Status() : io_error(path + ": cannot be read: " + std::strerror(error));
  }
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = MAP_FAILED;
  size_t size_ = 0;
};

class Checker {
 public:
  Checker(const std::string& path, std::string_view bytes) : path_(path), bytes_(bytes) {}

  Status check(uint64_t txn) {
    Meta meta{};
    if (!find_meta(txn, meta)) return bad_data(path_ + ": no page of the two metas is whole");
    seen_.assign(bytes_.size() / page_bytes_ + 1, false);
    last_page_ = meta.last_page;
    if (Status s = check_tree(meta.main, 0); !s.ok()) return s;
    is_free_tree_ = true;
    if (Status s = check_tree(meta.free, 0); !s.ok()) return s;
    for (const uint64_t page : free_) {
      if (page < seen_.size() && seen_[page]) return damaged(page, "is free and in use");
    }
    return {};
  }

 private:
  template <typename T>
  T at(size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  // The size of a page stands in the first meta, which lies in the first page.
  bool find_meta(uint64_t txn, Meta& meta) {
    const Meta first = at<Meta>(sizeof(PageHeader));
    page_bytes_ = first.free.pad;
    if (first.magic != kMetaMagic || page_bytes_ < 512 || page_bytes_ > 65536 ||
        (page_bytes_ & (page_bytes_ - 1)) != 0 || bytes_.size() < 2 * page_bytes_) {
      return false;
    }
    const Meta second = at<Meta>(page_bytes_ + sizeof(PageHeader));
    meta = first.txn == txn ? first : second;
    return meta.magic == kMetaMagic && meta.txn == txn;
  }

  Status damaged(uint64_t page, const std::string& what) const {
    return bad_data(path_ + ": is damaged: page " + std::to_string(page) + " " + what);
  }

  // The pages from `page` on are in the file, and no other node leads to them.
  Status visit(uint64_t page, uint64_t count) {
    const uint64_t pages = bytes_.size() / page_bytes_;
    if (page < 2 || count == 0 || count > pages || page > pages - count) {
      return damaged(page, "is missing: the file has " + std::to_string(pages) + " pages");
    }
    for (uint64_t p = page; p < page + count; ++p) {
      if (seen_[p]) return damaged(p, "belongs to two places");
      seen_[p] = true;
    }
    return {};
  }

  Status check_tree(const Tree& tree, int trees_above) {
    if (tree.root == kNoPage) return {};
    if (trees_above > 1) return damaged(tree.root, "is a tree inside of a tree of a tree");
    return check_page(tree.root, 1, tree.depth, trees_above);
  }

  Status check_page(uint64_t number, int level, int depth, int trees_above) {
    if (Status s = visit(number, 1); !s.ok()) return s;
    const size_t start = number * page_bytes_;
    const auto header = at<PageHeader>(start);
    if (header.number != number) return damaged(number, "has another number");
    const bool is_leaf = level == depth;
    if (level > kMostDepth || (header.flags & ~0x10) != (is_leaf ? kLeaf : kBranch)) {
      return damaged(number, "is of the wrong kind");
    }
    if (header.lower < sizeof header || header.lower > header.upper || header.upper > page_bytes_ ||
        header.lower % 2 != 0) {
      return damaged(number, "has wrong bounds");
    }
    const size_t count = (header.lower - sizeof header) / 2;
    if (count == 0) return damaged(number, "has no keys");
    for (size_t i = 0; i < count; ++i) {
      const auto offset = at<uint16_t>(start + sizeof header + 2 * i);
      if (offset < header.upper || offset % 2 != 0 || offset + sizeof(Node) > page_bytes_) {
        return damaged(number, "has a key outside of it");
      }
      const auto node = at<Node>(start + offset);
      const size_t value = offset + sizeof node + node.key_bytes;
      if (value > page_bytes_) return damaged(number, "has a key that is too long");
      if (is_leaf) {
        if (Status s = check_value(number, node, start, value, trees_above); !s.ok()) return s;
      } else {
        const uint64_t child = node.low | uint64_t{node.high} << 16 | uint64_t{node.flags} << 32;
        if (Status s = check_page(child, level + 1, depth, trees_above); !s.ok()) return s;
      }
    }
    return {};
  }

  // `value` is the offset of the node's value in the page that begins at `start`.
  Status check_value(uint64_t page, const Node& node, size_t start, size_t value, int trees_above) {
    const uint64_t bytes = node.low | uint64_t{node.high} << 16;
    if ((node.flags & kDuplicates) != 0) {
      return damaged(page, "has a key with several values, which profiles do not have");
    }
    size_t place = start + value;  // in the file
    if ((node.flags & kBigValue) != 0) {
      if (value + sizeof(uint64_t) > page_bytes_) return damaged(page, "has a wrong value");
      const auto first = at<uint64_t>(place);
      if (Status s = check_overflow(first, bytes); !s.ok()) return s;
      place = first * page_bytes_ + sizeof(PageHeader);
    } else if (value + bytes > page_bytes_) {
      return damaged(page, "has a value that is too long");
    }
    if (is_free_tree_) return check_free(page, node.key_bytes, place, bytes);
    if ((node.flags & kSubTree) == 0) return {};
    if (bytes != sizeof(Tree)) return damaged(page, "has a wrong tree");
    return check_tree(at<Tree>(place), trees_above + 1);
  }

  // A value of the tree of free pages is a count and so many numbers of pages.
  Status check_free(uint64_t page, size_t key_bytes, size_t place, uint64_t bytes) {
    const uint64_t room = bytes / sizeof(uint64_t);
    const uint64_t count = room > 0 ? at<uint64_t>(place) : 0;
    if (key_bytes != sizeof(uint64_t) || room == 0 || count > room - 1) {
      return damaged(page, "has a wrong list of free pages");
    }
    for (uint64_t i = 1; i <= count; ++i) {
      free_.push_back(at<uint64_t>(place + i * sizeof(uint64_t)));
      if (free_.back() < 2 || free_.back() > last_page_) {
        return damaged(page, "has a free page that is none");
      }
    }
    return {};
  }

  Status check_overflow(uint64_t number, uint64_t bytes) {
    const uint64_t pages = (sizeof(PageHeader) - 1 + bytes) / page_bytes_ + 1;
    if (Status s = visit(number, pages); !s.ok()) return s;
    const auto header = at<PageHeader>(number * page_bytes_);
    if (header.number != number || (header.flags & ~0x10) != kOverflow) {
      return damaged(number, "is of the wrong kind");
    }
    return {};
  }

  const std::string& path_;
  const std::string_view bytes_;
  size_t page_bytes_ = 0;
  std::vector<bool> seen_;  // by page
  uint64_t last_page_ = 0;
  bool is_free_tree_ = false;
  std::vector<uint64_t> free_;  // pages
};

}  // namespace

Status check_lmdb_file(const std::string& path, uint64_t txn) {
  MappedFile file;
  if (Status s = file.map(path); !s.ok()) return s;
  return Checker(path, file.bytes()).check(txn);
}

}  // namespace barker
