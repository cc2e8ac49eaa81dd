package dev.kiln.tests.cuda.driver;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Errors that calls return though nothing is wrong. A call that is to fail does nothing, but for
 * one that gives something back: that is given back, as with a driver that reports an error of
 * earlier work. Calls are counted from the last {@link #reset}.
 */
public final class FaultInjection {
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Integer> counts = new HashMap<>();
  private Plan plan;
  private boolean loses;
  private String struck;

  /** Which call fails: {@code function} is {@code null} for any. */
  private record Plan(String function, int number, int status) {}

  FaultInjection() {}

  /** Forgets the calls up to now, and what was to fail. */
  public synchronized void reset() {
    calls.clear();
    counts.clear();
    plan = null;
    struck = null;
    loses = false;
  }

  /** Lets the n-th call of all fail, from 1. */
  public synchronized void failAt(int number, int status) {
    plan = new Plan(null, number, status);
  }

  /** Lets the n-th call of a function fail, from 1. */
  public synchronized void failAt(String function, int number, int status) {
    plan = new Plan(function, number, status);
  }

  /** What fails takes all contexts with it: every later call returns the same. */
  public synchronized void loseTheContexts() {
    loses = true;
  }

  /** The functions that were called, in order. */
  public List<String> calls() {
    return List.copyOf(calls);
  }

  /** The function that was made to fail. */
  public synchronized Optional<String> struck() {
    return Optional.ofNullable(struck);
  }

  synchronized boolean loses() {
    return loses;
  }

  /** Notes a call; what it has to return, or 0. */
  synchronized int called(String function) {
    calls.add(function);
    int count = counts.merge(function, 1, Integer::sum);
    if (plan == null || struck != null) {
      return 0;
    }
    boolean due =
        plan.function == null
            ? calls.size() == plan.number
            : plan.function.equals(function) && count == plan.number;
    if (!due) {
      return 0;
    }
    struck = function;
    return plan.status;
  }
}
