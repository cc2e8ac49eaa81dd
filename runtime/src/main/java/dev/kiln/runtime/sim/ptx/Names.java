package dev.kiln.runtime.sim.ptx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.antlr.v4.runtime.Token;

/** Splits words at their dots; equal words share their parts. */
final class Names {
  /** An opcode and its modifiers, or a name and its component. */
  record Parts(String first, List<String> rest) {}

  private final Map<String, Parts> known = new HashMap<>();

  Parts parts(Token word) {
    return known.computeIfAbsent(word.getText(), Names::split);
  }

  private static Parts split(String text) {
    if (text.indexOf('.') < 0) {
      return new Parts(text, List.of());
    }
    var parts = Arrays.asList(text.split("\\."));
    return new Parts(parts.getFirst(), List.copyOf(parts.subList(1, parts.size())));
  }

  /** A name that cannot have a component: of a label, a variable or a function. */
  String plain(Token word) {
    var parts = parts(word);
    if (!parts.rest().isEmpty()) {
      throw new PtxFault(TokenArray.at(word), "'" + word.getText() + "' is not a name");
    }
    return parts.first();
  }

  Operand.Name operand(Token word) {
    var parts = parts(word);
    return switch (parts.rest().size()) {
      case 0 -> new Operand.Name(TokenArray.at(word), parts.first(), Optional.empty());
      case 1 ->
          new Operand.Name(
              TokenArray.at(word), parts.first(), Optional.of(parts.rest().getFirst()));
      default ->
          throw new PtxFault(
              TokenArray.at(word), "'" + word.getText() + "' has more than one component");
    };
  }
}
