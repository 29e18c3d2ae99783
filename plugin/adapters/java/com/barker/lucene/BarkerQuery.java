package com.barker.lucene;

import com.barker.BarkerSession;
import java.util.List;
import java.util.Map;

/**
 * What the model wants to know of one query beside the ads.
 *
 * @param query as the user typed it
 * @param user id of the user; empty: a stranger
 * @param userKeywords of the user's recent clicks, newest first
 * @param groups features by the names of the model's groups
 * @param deadlineNs a time of System.nanoTime(); 0: none
 * @param seed on which all that is drawn depends; give the fetch phase the rescorer's; 0: any
 */
public record BarkerQuery(
    String query,
    String user,
    List<String> userKeywords,
    Map<String, List<String>> groups,
    long deadlineNs,
    long seed) {

  public BarkerQuery(String query, String user) {
    this(query, user, List.of(), Map.of(), 0, 0);
  }

  void start(BarkerSession session) {
    session.start(query, user);
    session.setDeadline(deadlineNs);
    session.setSeed(seed);
    for (String keyword : userKeywords) session.addUserKeyword(keyword);
    groups.forEach(
        (name, tokens) -> {
          session.addGroup(name);
          for (String token : tokens) session.addToken(token);
        });
  }
}
