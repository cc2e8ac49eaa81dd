package dev.kiln.ops.profile;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.recurrent.Gru;
import dev.kiln.kernels.recurrent.Lstm;
import dev.kiln.kernels.recurrent.Rnn;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.GruReference;
import dev.kiln.kernels.reference.LstmReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.List;
import java.util.Map;

/** Cells of recurrent layers, after the products. */
final class RecurrentEntries {
  private static final String[] STATE = {"batch", "hidden"};
  private static final String[] THREE = {"batch", "3*hidden"};
  private static final String[] FOUR = {"batch", "4*hidden"};

  private RecurrentEntries() {}

  static List<Entry> all() {
    return List.of(lstm(), lstmBackward(), gru(), gruBackward(), rnn());
  }

  private static Entry cell(String name, String about, int flops) {
    return Entry.of(name, Family.RECURRENT, about, STATE)
        .shapes("5x17", "256x512", "1024x1024")
        .flops(s -> (double) flops * s.product(STATE));
  }

  private static LstmReference ofLstm(CaseInputs in) {
    return new LstmReference(in.size("batch"), in.size("hidden"), null, null, 1);
  }

  private static LstmReference.Step lstmStep(Rounding r, CaseInputs in) {
    return ofLstm(in).forward(r, in.values("sums"), in.values("c"));
  }

  private static Entry lstm() {
    return cell("lstm-cell", "gates, cells and states from the sums of both products", 30)
        .reads("sums", FOUR)
        .reads("c", STATE)
        .writes("saved", FOUR)
        .writes("c next", STATE)
        .writes("h next", STATE)
        .runs(
            (device, a) ->
                Call.of(
                    new Lstm(device),
                    k ->
                        k.cellForward(
                            a.apply("sums"),
                            null,
                            null,
                            a.apply("c"),
                            a.apply("saved"),
                            a.apply("c next"),
                            a.apply("h next"))))
        .means(
            (r, in) -> {
              var step = lstmStep(r, in);
              return Map.of("saved", step.gates(), "c next", step.c(), "h next", step.h());
            });
  }

  /** A gate is between 0 and 1, which random shares are, too. */
  private static Entry lstmBackward() {
    return cell("lstm-cell-backward", "gradients of the sums and of the cells before", 40)
        .reads(null, Fill.UNIFORM, "saved", FOUR)
        .reads("c", STATE)
        .reads("c next", STATE)
        .reads("dh", STATE)
        .reads("dc", STATE)
        .writes("dsums", FOUR)
        .writes("dc before", STATE)
        .runs(
            (device, a) ->
                Call.of(
                    new Lstm(device),
                    k ->
                        k.cellBackward(
                            a.apply("dh"),
                            a.apply("dc"),
                            a.apply("saved"),
                            a.apply("c"),
                            a.apply("c next"),
                            a.apply("dsums"),
                            a.apply("dc before"))))
        .means(
            (r, in) -> {
              var gradients =
                  ofLstm(in)
                      .backward(
                          r,
                          in.values("saved"),
                          in.values("c"),
                          in.values("c next"),
                          in.values("dh"),
                          in.values("dc"));
              return Map.of("dsums", gradients.dsums(), "dc before", gradients.dc());
            });
  }

  private static GruReference ofGru(CaseInputs in) {
    return new GruReference(in.size("batch"), in.size("hidden"));
  }

  private static Entry gru() {
    return cell("gru-cell", "gates and states from the sums of both products", 25)
        .reads("sums", THREE)
        .reads("state sums", THREE)
        .reads("h", STATE)
        .writes("saved", FOUR)
        .writes("h next", STATE)
        .runs(
            (device, a) ->
                Call.of(
                    new Gru(device),
                    k ->
                        k.cellForward(
                            a.apply("sums"),
                            a.apply("state sums"),
                            null,
                            null,
                            a.apply("h"),
                            a.apply("saved"),
                            a.apply("h next"))))
        .means(
            (r, in) -> {
              var step =
                  ofGru(in).forward(r, in.values("sums"), in.values("state sums"), in.values("h"));
              return Map.of("saved", step.gates(), "h next", step.h());
            });
  }

  private static Entry gruBackward() {
    return cell("gru-cell-backward", "gradients of both sums and of the state before", 25)
        .reads(null, Fill.UNIFORM, "saved", FOUR)
        .reads("h", STATE)
        .reads("dh", STATE)
        .writes("dsums", THREE)
        .writes("dstate sums", THREE)
        .writes("dh before", STATE)
        .runs(
            (device, a) ->
                Call.of(
                    new Gru(device),
                    k ->
                        k.cellBackward(
                            a.apply("dh"),
                            a.apply("saved"),
                            a.apply("h"),
                            a.apply("dsums"),
                            a.apply("dstate sums"),
                            a.apply("dh before"))))
        .means(
            (r, in) -> {
              var gradients =
                  ofGru(in).backward(r, in.values("saved"), in.values("h"), in.values("dh"));
              return Map.of(
                  "dsums", gradients.dsums(),
                  "dstate sums", gradients.dstateSums(),
                  "dh before", gradients.dh());
            });
  }

  private static Entry rnn() {
    return cell("rnn-cell", "tanh of the sums of both products and a bias", 6)
        .reads("sums", STATE)
        .reads("bias", "hidden")
        .writes("h", STATE)
        .runs(
            (device, a) ->
                Call.of(
                    new Rnn(device, false),
                    k -> k.cellForward(a.apply("sums"), a.apply("bias"), null, a.apply("h"))))
        .yields(
            "h",
            (r, in) -> {
              double[] sums = in.values("sums");
              double[] bias = in.values("bias");
              return Definitions.each(
                  sums.length,
                  i ->
                      ActivationReference.value(
                          r, Activation.TANH, r.of(sums[i] + bias[i % bias.length])));
            });
  }
}
