import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  UndefinedPayloadConverter,
  type Payload,
  type PayloadConverterWithEncoding,
} from '@temporalio/common';

/**
 * Reads JSON that people typed into the Web UI. Text that is not JSON comes back as that text: a converter that
 * throws fails the workflow task for ever, whereas a handler can refuse a string and say what it wanted.
 */
function readJson(payload: Payload): unknown {
  const text = new TextDecoder().decode(payload.data ?? new Uint8Array());
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

class LenientJsonPayloadConverter extends JsonPayloadConverter {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the SDK's interface has it
  override fromPayload<T>(payload: Payload): T {
    return readJson(payload) as T;
  }
}

/**
 * The Web UI's signal and start dialogs offer `json/protobuf` beside `json/plain`. To the SDK that encoding is
 * unknown, and a single such signal would block its workflow until somebody resets it. It is only ever read.
 */
class ProtobufJsonPayloadConverter implements PayloadConverterWithEncoding {
  readonly encodingType = 'json/protobuf';

  toPayload(): undefined {
    return undefined;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the SDK's interface has it
  fromPayload<T>(payload: Payload): T {
    return readJson(payload) as T;
  }
}

/**
 * Whoever may signal may send any encoding, and the SDK throws at one that it does not know: a single such signal
 * would block a guard or a plan for good. It comes as a text that every handler refuses.
 */
class LenientPayloadConverter extends CompositePayloadConverter {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the SDK's interface has it
  override fromPayload<T>(payload: Payload): T {
    const name = payload.metadata?.['encoding'];
    const encoding = name === undefined ? '' : new TextDecoder().decode(name);
    const converter = this.converterByEncoding.get(encoding);
    return converter === undefined
      ? (`a payload with the encoding ${JSON.stringify(encoding.slice(0, 40))}, which is not read here` as T)
      : converter.fromPayload<T>(payload);
  }
}

/** Used by worker, client, workflow bundle and replay alike; the SDK looks for this name. */
export const payloadConverter = new LenientPayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new LenientJsonPayloadConverter(),
  new ProtobufJsonPayloadConverter(),
);
