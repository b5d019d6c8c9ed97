// What the program asks of its host.

export const work = (numbers) => numbers.reduce((sum, number) => sum + number * number, 0);

export const page = (address) => `<title>${address}</title>`;
