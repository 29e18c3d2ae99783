// The pages of the tree: the paths that they name exist, and README stays short.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pages() {
  std::vector<fs::path> found;
  const fs::path root = BARKER_SOURCE_DIR;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    const std::string name = entry->path().filename();
    if (entry->is_directory() &&
        (name.starts_with("build") || name == ".git" || name == "node_modules")) {
      entry.disable_recursion_pending();
    }
    if (entry->path().extension() == ".md") found.push_back(entry->path());
  }
  return found;
}

std::string text_of(const fs::path& page) {
  std::ostringstream text;
  text << std::ifstream(page).rdbuf();
  return text.str();
}

TEST(Pages, AreFound) { EXPECT_GE(pages().size(), 8u); }

// A path is what a page has between backticks and what begins with a top-level folder, or with a
// folder beside the page.
TEST(Pages, NamePathsThatExist) {
  const std::regex quoted("`([a-z_]+/[A-Za-z0-9_./-]*)`");
  size_t paths = 0;
  for (const fs::path& page : pages()) {
    const std::string text = text_of(page);
    for (std::sregex_iterator match(text.begin(), text.end(), quoted), end; match != end; ++match) {
      const std::string path = (*match)[1];
      if (path.starts_with("build/") || path.starts_with("barker.")) continue;
      ++paths;
      EXPECT_TRUE(fs::exists(fs::path(BARKER_SOURCE_DIR) / path) ||
                  fs::exists(page.parent_path() / path))
          << fs::relative(page, BARKER_SOURCE_DIR).string() << " names " << path;
    }
  }
  EXPECT_GT(paths, 50u);
}

TEST(Pages, ReadmeIsNoLongerThan150Lines) {
  const std::string text = text_of(fs::path(BARKER_SOURCE_DIR) / "README.md");
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 150);
}

}  // namespace
