package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Opcodes that are integer or floating-point instructions by their type, such as {@code add}: the
 * last type that is written decides.
 *
 * @param integer {@code null} if the opcode has no integer form
 * @param floating {@code null} if it has no floating-point form
 */
public record TypedDecoder(Decoder integer, Decoder floating) implements Decoder {

  /** Adds all opcodes of both tables. */
  public static void addAll(
      InstructionSet set, Map<String, Decoder> integer, Map<String, Decoder> floating) {
    Set<String> opcodes = new TreeSet<>(integer.keySet());
    opcodes.addAll(floating.keySet());
    for (String opcode : opcodes) {
      set.add(opcode, new TypedDecoder(integer.get(opcode), floating.get(opcode)));
    }
  }

  @Override
  public Step decode(DecodeContext context) {
    PtxType last = null;
    for (String word : context.instruction().modifiers()) {
      Optional<PtxType> type = PtxType.parse(word);
      if (type.isPresent()) {
        last = type.get();
      }
    }
    if (last == null) {
      // Decoders of untyped forms say what is missing.
      return (integer != null ? integer : floating).decode(context);
    }
    Decoder decoder = last.isFloat() ? floating : integer;
    if (decoder == null) {
      throw context.unsupported(context.instruction().opcode() + " of type " + last);
    }
    return decoder.decode(context);
  }
}
