package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The local variables of one call of a function, at one point of its run. */
final class Scope {
  private final Map<String, FrontValue> values = new LinkedHashMap<>();
  private final Set<String> declaredConstants = new HashSet<>();
  private final Set<String> pendingConstants = new HashSet<>();
  private final Map<String, Location> assignedAt = new HashMap<>();
  private final Map<String, String> hidden = new HashMap<>();

  Scope copy() {
    var copy = new Scope();
    copy.values.putAll(values);
    copy.declaredConstants.addAll(declaredConstants);
    copy.pendingConstants.addAll(pendingConstants);
    copy.assignedAt.putAll(assignedAt);
    copy.hidden.putAll(hidden);
    return copy;
  }

  Optional<FrontValue> get(String name) {
    return Optional.ofNullable(values.get(name));
  }

  boolean contains(String name) {
    return values.containsKey(name);
  }

  /** Names in the order of their first assignment. */
  Set<String> names() {
    return values.keySet();
  }

  /** Gives a name a value; it is no longer a declared constant. */
  void assign(String name, FrontValue value, Location at) {
    values.put(name, value);
    assignedAt.put(name, at);
    declaredConstants.remove(name);
    hidden.remove(name);
  }

  /** Gives a name a value that must stay a constant ({@code x: tl.constexpr = value}). */
  void declareConstant(String name, FrontValue value, Location at) {
    assign(name, value, at);
    declaredConstants.add(name);
    pendingConstants.remove(name);
  }

  /** Replaces a value by another of the same meaning. */
  void replace(String name, FrontValue value) {
    values.put(name, value);
  }

  boolean isDeclaredConstant(String name) {
    return declaredConstants.contains(name);
  }

  /** Notes {@code x: tl.constexpr} without a value: the next assignment declares the constant. */
  void expectConstant(String name) {
    pendingConstants.add(name);
  }

  boolean expectsConstant(String name) {
    return pendingConstants.contains(name);
  }

  /** Where a name got its present value. */
  Optional<Location> assignedAt(String name) {
    return Optional.ofNullable(assignedAt.get(name));
  }

  /** Removes a name and keeps the reason for the message about its use. */
  void hide(String name, String reason) {
    values.remove(name);
    declaredConstants.remove(name);
    hidden.put(name, reason);
  }

  /** Why a name that was assigned somewhere cannot be used here. */
  Optional<String> whyHidden(String name) {
    return Optional.ofNullable(hidden.get(name));
  }
}
